namespace Orchestrator.Training.Data.Building;

/// <summary>Finds where sentences of a line of English end.</summary>
/// <remarks>
/// C4 uses NLTK's trained Punkt model; this rule has its effect without the model: a sentence ends at . ? or ! (and closing quotes
/// or brackets) before white space and something that can start a sentence, unless the word before is a known abbreviation or an initial.
/// </remarks>
internal static class Sentences
{
    private static readonly HashSet<string> s_abbreviations = new(StringComparer.OrdinalIgnoreCase)
    {
        "mr", "mrs", "ms", "dr", "prof", "rev", "gen", "col", "capt", "lt", "sgt", "st", "jr", "sr", "hon", "gov", "sen", "rep", "pres",
        "e.g", "i.e", "cf", "vs", "viz", "al", "etc", "fig", "figs", "eq", "eqs", "sec", "ch", "vol", "no", "nos", "pp", "ed", "eds",
        "inc", "ltd", "co", "corp", "dept", "est", "approx", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct",
        "nov", "dec", "u.s", "u.k", "a.m", "p.m", "ph.d", "u.n",
    };

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> s_lookup =
        s_abbreviations.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>How many sentences a line has; 0 only where it is empty.</summary>
    public static int Count(ReadOnlySpan<char> line)
    {
        line = line.Trim();
        if (line.IsEmpty)
        {
            return 0;
        }

        var count = 1;
        for (var from = 0; Next(line, ref from) >= 0;)
        {
            count++;
        }

        return count;
    }

    /// <summary>The sentences of a text, each line beginning one; without the white space between them.</summary>
    public static IEnumerable<string> Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (start, from) = (0, 0);
            while (Next(line, ref from) is var next and >= 0)
            {
                yield return line[start..next].TrimEnd();
                start = next;
            }

            yield return line[start..];
        }
    }

    // Where the next sentence starts; -1 where there is none. from: how far the line was looked at.
    private static int Next(ReadOnlySpan<char> line, ref int from)
    {
        while (line[from..].IndexOfAny('.', '?', '!') is var mark and >= 0)
        {
            mark += from;
            var end = mark + 1;
            while (end < line.Length && line[end] is '.' or '?' or '!' or '"' or '\'' or ')' or ']' or '”' or '’')
            {
                end++;
            }

            from = end;
            var next = end;
            while (next < line.Length && char.IsWhiteSpace(line[next]))
            {
                next++;
            }

            if (next > end && next < line.Length && CanStart(line[next..]) && !(line[mark] == '.' && IsAbbreviation(line[..mark])))
            {
                return next;
            }
        }

        return -1;
    }

    private static bool CanStart(ReadOnlySpan<char> rest)
    {
        var first = rest.TrimStart("\"'([“‘");
        return !first.IsEmpty && (char.IsUpper(first[0]) || char.IsDigit(first[0]) || !char.IsAscii(first[0]));
    }

    private static bool IsAbbreviation(ReadOnlySpan<char> before)
    {
        var start = before.LastIndexOfAny(' ', '(', '\u00A0') + 1;
        var word = before[start..];
        return word.Length == 1 ? char.IsUpper(word[0]) && word[0] != 'I' : s_lookup.Contains(word);
    }
}
