namespace Orchestrator.Training.Data.Objectives;

/// <summary>Finds what a text knows about the world, by its words' form alone: dates, numbers and names. Thread-safe.</summary>
/// <remarks>
/// Guu et al. 2020 (arXiv:2002.08909, section 3.4) take named entities from a tagger and dates from a regular expression. Here a name is a run of capitalised
/// words, of which the first of a sentence counts only before another one and if it is no function word; a date is a run of month names and numbers with a
/// month in it; any other number is a span of its own. A word ends before the punctuation that follows it. Words at the window's borders may be cut and
/// are passed over.
/// </remarks>
internal sealed class SalientSpanFinder : ISpanFinder
{
    private static readonly HashSet<string> s_months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    private static readonly HashSet<string> s_functionWords =
    [
        "A", "After", "All", "An", "And", "As", "At", "Before", "But", "By", "For", "From", "He", "Her", "His", "How", "I", "If", "In", "It", "Its", "My", "No", "Not",
        "On", "One", "Or", "Our", "She", "So", "Some", "That", "The", "Their", "Then", "There", "These", "They", "This", "Those", "To", "We", "What", "When",
        "Where", "Which", "While", "Who", "With", "You", "Your",
    ];

    private readonly bool[] _starts;
    private readonly string[] _texts;

    /// <summary>A finder over a vocabulary.</summary>
    /// <param name="pieces">SentencePiece's pieces by token, for example <c>▁the</c>.</param>
    public SalientSpanFinder(IReadOnlyList<string> pieces)
    {
        _starts = [.. pieces.Select(piece => piece.StartsWith('\u2581'))];
        _texts = [.. pieces.Select(piece => piece.TrimStart('\u2581'))];
    }

    private enum Form
    {
        Other,
        Name,
        Number,
        Month,
    }

    /// <inheritdoc/>
    public IReadOnlyList<(int Start, int End)> Find(ReadOnlySpan<int> tokens, int longest)
    {
        var words = Words(tokens);
        var spans = new List<(int Start, int End)>();
        for (var i = 0; i < words.Count;)
        {
            var (first, next) = Run(words, i);
            if (first < next && words[next - 1].End - words[first].Start <= longest)
            {
                spans.Add((words[first].Start, words[next - 1].End));
            }

            i = Math.Max(next, i + 1);
        }

        return spans;
    }

    // The words of the span that begins at a word: none where the two are the same.
    private static (int First, int Next) Run(List<Word> words, int at)
    {
        var next = at;
        switch (words[at].Form)
        {
            case Form.Name:
                // A mark after a word ends the name.
                do
                {
                    next++;
                }
                while (next < words.Count && words[next].Form is Form.Name or Form.Month && words[next - 1].Mark is '\0');
                var drop = words[at].OpensSentence && (next == at + 1 || s_functionWords.Contains(words[at].Text)) ? 1 : 0;
                return (at + drop, next);
            case Form.Number or Form.Month:
                var month = false;
                var end = at;
                while (next < words.Count && words[next].Form is Form.Number or Form.Month)
                {
                    month |= words[next].Form == Form.Month;
                    end = ++next;
                    if (words[next - 1].Mark is not ('\0' or ','))
                    {
                        break;
                    }
                }

                return month ? (at, end) : (at, at + 1);
            default:
                return (at, at);
        }
    }

    private List<Word> Words(ReadOnlySpan<int> tokens)
    {
        var words = new List<Word>();
        var opens = true;
        var start = 0;
        while (start < tokens.Length && !Starts(tokens[start]))
        {
            start++;
        }

        while (start < tokens.Length)
        {
            var end = start + 1;
            while (end < tokens.Length && !Starts(tokens[end]))
            {
                end++;
            }

            if (end == tokens.Length)
            {
                break;
            }

            var word = Read(tokens, start, end, opens);
            opens = word.Mark is '.' or '?' or '!' or ':';
            words.Add(word);
            start = end;
        }

        return words;
    }

    private Word Read(ReadOnlySpan<int> tokens, int start, int end, bool opens)
    {
        // A lone word mark or an opening quotation mark is no part of the word, nor is the punctuation at its end.
        while (start < end - 1 && _texts[tokens[start]].All(c => !char.IsLetterOrDigit(c)))
        {
            start++;
        }

        var mark = '\0';
        while (end > start + 1 && _texts[tokens[end - 1]] is var last && last.All(c => !char.IsLetterOrDigit(c)))
        {
            mark = last.Length > 0 ? last[0] : mark;
            end--;
        }

        var text = "";
        for (var i = start; i < end; i++)
        {
            text += _texts[tokens[i]];
        }

        // Punctuation inside the last piece belongs to the word but still ends its sentence.
        mark = mark == '\0' && text.Length > 0 && char.IsPunctuation(text[^1]) ? text[^1] : mark;
        return new Word(start, end, text.TrimEnd('.', ',', ';', ':', '?', '!', ')', '"'), mark, opens);
    }

    private bool Starts(int token) => token >= _starts.Length || _starts[token];

    private readonly record struct Word(int Start, int End, string Text, char Mark, bool OpensSentence)
    {
        public Form Form => s_months.Contains(Text) ? Form.Month
            : Text.Any(char.IsAsciiDigit) ? Text.All(c => char.IsAsciiDigit(c) || ".,:/-%$".Contains(c, StringComparison.Ordinal)) ? Form.Number : Form.Other
            : Text.Length > 1 && char.IsUpper(Text[0]) ? Form.Name
            : Form.Other;
    }
}
