using System.Text;

namespace Orchestrator.Training.Data.Building;

/// <summary>Reads lines that end in a line feed and holds no more of one than a bound.</summary>
/// <param name="source">The text.</param>
/// <param name="maxCharacters">Longer lines are cut: the rest of them is passed over.</param>
internal sealed class LongLines(TextReader source, int maxCharacters)
{
    private readonly char[] _buffer = new char[1 << 15];
    private readonly StringBuilder _line = new();
    private int _start;
    private int _end;

    /// <summary>Whether the line read last was longer than the bound.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The next line without its end, or null behind the last.</summary>
    /// <exception cref="InvalidDataException">The source is damaged; the line that was begun is lost, and the next call goes on behind it.</exception>
    public string? Read()
    {
        _line.Clear();
        IsCut = false;
        var isAny = false;
        while (_start < _end || Fill())
        {
            isAny = true;
            var rest = _buffer.AsSpan(_start, _end - _start);
            var end = rest.IndexOf('\n');
            var part = end < 0 ? rest : rest[..end];
            _start += end < 0 ? rest.Length : end + 1;
            IsCut |= _line.Length + part.Length > maxCharacters;
            _line.Append(part[..Math.Min(part.Length, maxCharacters - _line.Length)]);
            if (end >= 0)
            {
                break;
            }
        }

        if (!isAny)
        {
            return null;
        }

        if (_line.Length > 0 && _line[^1] == '\r')
        {
            _line.Length--;
        }

        return _line.ToString();
    }

    private bool Fill()
    {
        (_start, _end) = (0, 0);
        _end = source.Read(_buffer, 0, _buffer.Length);
        return _end > 0;
    }
}
