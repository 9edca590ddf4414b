using Orchestrator.Protos.V1;
using Spectre.Console;

namespace Orchestrator.Cli.Display;

/// <summary>A picture of the run, live.</summary>
internal sealed class LiveDisplay : IRunDisplay
{
    private readonly Lock _state = new();
    private readonly List<string> _notes = [];
    private readonly TimeProvider _clock;
    private readonly long _started;
    private readonly LivePicture _live;
    private IReadOnlyList<WorkerStatus> _workers = [];
    private RunProgress _run;

    /// <summary>Starts to draw.</summary>
    public LiveDisplay(IAnsiConsole screen, RunProgress run, TimeProvider clock)
    {
        _run = run;
        _clock = clock;
        _started = clock.GetTimestamp();
        _live = new LivePicture(screen, Picture, clock);
    }

    public bool WantsWorkers => true;

    public void Workers(IEnumerable<WorkerStatus> workers)
    {
        lock (_state)
        {
            _workers = [.. workers];
        }
    }

    public void Show(RunEvent happened, RunProgress after)
    {
        lock (_state)
        {
            _run = after;
        }
    }

    public void Note(string text)
    {
        lock (_state)
        {
            _notes.Add(text);
            if (_notes.Count > 4)
            {
                _notes.RemoveAt(0);
            }
        }
    }

    /// <summary>Draws the last state, which stays on the screen.</summary>
    public ValueTask DisposeAsync() => _live.DisposeAsync();

    private Spectre.Console.Rendering.IRenderable Picture()
    {
        lock (_state)
        {
            return RunPicture.Of(_run.WithWorkers(_workers), _clock.GetElapsedTime(_started), [.. _notes]);
        }
    }
}
