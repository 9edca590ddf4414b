using System.Text;
using Orchestrator.Core.Data.Salience;

namespace Orchestrator.Training.Data.Objectives;

/// <summary>Finds the names and dates of a window of tokens: those of its text, see <see cref="SalientText"/>. Thread-safe.</summary>
/// <remarks>
/// A span of the text is one of the window where it begins and ends with pieces, but for blanks and marks that its pieces hold beside it. Words at the window's
/// borders may be cut and are passed over.
/// </remarks>
internal sealed class SalientSpanFinder : ISpanFinder
{
    private const char WordMark = '\u2581';

    private readonly string[] _texts;

    /// <summary>A finder over a vocabulary.</summary>
    /// <param name="pieces">SentencePiece's pieces by token, for example <c>▁the</c>.</param>
    public SalientSpanFinder(IReadOnlyList<string> pieces) => _texts = [.. pieces.Select(Text)];

    /// <inheritdoc/>
    public IReadOnlyList<(int Start, int End)> Find(ReadOnlySpan<int> tokens, int longest)
    {
        var text = new StringBuilder(tokens.Length * 5);
        var ends = new int[tokens.Length];
        for (var i = 0; i < tokens.Length; i++)
        {
            // A sentinel parts words.
            text.Append(tokens[i] < _texts.Length ? _texts[tokens[i]] : " \n");
            ends[i] = text.Length;
        }

        var window = text.ToString();
        var (low, high) = (window.IndexOf(' ', StringComparison.Ordinal), window.LastIndexOf(' '));
        var spans = new List<(int Start, int End)>();
        foreach (var span in SalientText.Find(window))
        {
            if (span.Start > low && low >= 0 && span.End <= high && Tokens(window, ends, span) is { } found && found.End - found.Start <= longest)
            {
                spans.Add(found);
            }
        }

        return spans;
    }

    // The tokens of a span; null where one of them holds letters or digits beside it, or where a blank alone would be all.
    private static (int Start, int End)? Tokens(string window, int[] ends, SalientSpan span)
    {
        var first = After(ends, span.Start + 1);
        var last = After(ends, span.End);
        var start = first == 0 ? 0 : ends[first - 1];
        return HoldsWords(window.AsSpan(start, span.Start - start)) || HoldsWords(window.AsSpan(span.End, ends[last] - span.End)) ? null : (first, last + 1);
    }

    // The first token that ends at a place or after it.
    private static int After(int[] ends, int place)
    {
        var (low, high) = (0, ends.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = ends[middle] >= place ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private static bool HoldsWords(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (char.IsLetterOrDigit(c))
            {
                return true;
            }
        }

        return false;
    }

    // A byte of a character that has no piece reads as a letter.
    private static string Text(string piece) =>
        piece is ['<', '0', 'x', _, _, '>'] ? "\uFFFD" : piece.Replace(WordMark, ' ');
}
