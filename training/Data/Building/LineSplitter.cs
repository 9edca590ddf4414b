namespace Orchestrator.Training.Data.Building;

/// <summary>The lines of a text as Python's <c>str.splitlines</c> finds them, without allocating.</summary>
/// <param name="text">The text.</param>
internal struct LineSplitter(string text)
{
    private static readonly System.Buffers.SearchValues<char> s_ends =
        System.Buffers.SearchValues.Create("\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029");

    private int _next;

    /// <summary>The line found last.</summary>
    public Range Current { get; private set; }

    /// <summary>This, for <c>foreach</c>.</summary>
    public readonly LineSplitter GetEnumerator() => this;

    /// <summary>Finds the next line.</summary>
    public bool MoveNext()
    {
        if (_next >= text.Length)
        {
            return false;
        }

        var end = text.AsSpan(_next).IndexOfAny(s_ends);
        if (end < 0)
        {
            Current = _next..text.Length;
            _next = text.Length;
            return true;
        }

        end += _next;
        Current = _next..end;
        _next = end + (text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1);
        return true;
    }
}
