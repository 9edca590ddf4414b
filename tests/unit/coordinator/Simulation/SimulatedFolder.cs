using Orchestrator.Coordinator.Storage;

namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>A run's folder on a disk that every machine sees. A process may die while it adds to the file; a power cut may take or tear its end.</summary>
internal sealed class SimulatedFolder(Agenda agenda) : IRunFolder
{
    private string? _text;
    private int _synced;

    public double CrashChance { get; set; }

    public bool Exists => true;

    public string? Read() => _text;

    public string? ReadEnd(int characters) => _text?[^Math.Min(characters, _text.Length)..];

    public void Append(string text)
    {
        var dies = agenda.Chance(CrashChance);
        _text += dies ? text[..agenda.Below(text.Length + 1)] : text;
        if (dies)
        {
            throw new SimulatedCrashException();
        }
    }

    public void Replace(string text)
    {
        var dies = agenda.Chance(CrashChance);
        if (!dies || agenda.Chance(0.5))
        {
            (_text, _synced) = (text, text.Length);
        }

        if (dies)
        {
            throw new SimulatedCrashException();
        }
    }

    public void LosePower()
    {
        if (_text is not null)
        {
            _text = _text[..agenda.Between(Math.Min(_synced, _text.Length), _text.Length)];
        }
    }
}
