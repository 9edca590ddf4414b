using System.Text;

namespace Orchestrator.Training.Data.Building;

/// <summary>Cuts plain text into pages whose lines are paragraphs.</summary>
internal static class PlainText
{
    /// <summary>No line of a hard-wrapped text is longer.</summary>
    private const int WrapWidth = 100;

    /// <summary>The pages of a text, cut between paragraphs.</summary>
    /// <remarks>Text wrapped at a fixed width with blank lines between paragraphs is unwrapped first: a paragraph becomes a line.</remarks>
    public static IReadOnlyList<string> Pages(string text, int pageCharacters)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var paragraphs = IsWrapped(lines) ? Unwrap(lines) : [.. lines.Where(line => !string.IsNullOrWhiteSpace(line))];
        var pages = new List<string>();
        var page = new StringBuilder();
        foreach (var paragraph in paragraphs)
        {
            if (page.Length > 0 && page.Length + paragraph.Length > pageCharacters)
            {
                pages.Add(page.ToString());
                page.Clear();
            }

            page.Append(page.Length > 0 ? "\n" : "").Append(paragraph);
        }

        if (page.Length > 0 || pages.Count == 0)
        {
            pages.Add(page.ToString());
        }

        return pages;
    }

    private static bool IsWrapped(string[] lines)
    {
        var wrapped = 0;
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length > WrapWidth)
            {
                return false;
            }

            // A line that ends in mid-sentence and goes on in the next.
            if (i + 1 < lines.Length && lines[i].Length > 40 && lines[i + 1].Length > 0 && EndsInLetter(lines[i]))
            {
                wrapped++;
            }
        }

        return wrapped > 0 && wrapped * 4 > lines.Length;
    }

    private static bool EndsInLetter(string line)
    {
        var trimmed = line.AsSpan().TrimEnd();
        return !trimmed.IsEmpty && char.IsLetter(trimmed[^1]);
    }

    private static List<string> Unwrap(string[] lines)
    {
        var paragraphs = new List<string>();
        var paragraph = new StringBuilder();
        foreach (var line in lines.Append(""))
        {
            var trimmed = line.Trim();
            if (trimmed.Length > 0)
            {
                paragraph.Append(paragraph.Length > 0 ? " " : "").Append(trimmed);
            }
            else if (paragraph.Length > 0)
            {
                paragraphs.Add(paragraph.ToString());
                paragraph.Clear();
            }
        }

        return paragraphs;
    }
}
