using System.Globalization;
using System.Text;

namespace Orchestrator.Core.Evaluation;

/// <summary>Unicode's normalisation form D. The platform's own needs a culture's data, which programs of the product do without.</summary>
internal static class CanonicalDecomposition
{
    private const int HangulFirst = 0xAC00, HangulCount = 11172, Vowels = 21, Trailing = 28;
    private const int LeadFirst = 0x1100, VowelFirst = 0x1161, TrailingFirst = 0x11A7;

    private static readonly Lazy<Tables> s_tables = new(Load);

    /// <summary>The text decomposed, its combining marks in canonical order.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Ascii.IsValid(text))
        {
            return text;
        }

        var runes = new List<int>(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            Add(runes, rune.Value);
        }

        Order(runes);
        var result = new StringBuilder(runes.Count);
        foreach (var rune in runes)
        {
            result.Append(char.ConvertFromUtf32(rune));
        }

        return result.ToString();
    }

    private static void Add(List<int> runes, int rune)
    {
        if (rune - HangulFirst is var syllable and >= 0 and < HangulCount)
        {
            runes.Add(LeadFirst + (syllable / (Vowels * Trailing)));
            runes.Add(VowelFirst + (syllable / Trailing % Vowels));
            if (syllable % Trailing > 0)
            {
                runes.Add(TrailingFirst + (syllable % Trailing));
            }
        }
        else if (s_tables.Value.Parts.TryGetValue(rune, out var parts))
        {
            runes.AddRange(parts);
        }
        else
        {
            runes.Add(rune);
        }
    }

    // Each run of marks sorted by combining class, equal classes as they came.
    private static void Order(List<int> runes)
    {
        var classes = s_tables.Value.Classes;
        for (var i = 1; i < runes.Count; i++)
        {
            var (rune, rank) = (runes[i], classes.GetValueOrDefault(runes[i]));
            var at = i;
            for (; rank > 0 && at > 0 && classes.GetValueOrDefault(runes[at - 1]) > rank; at--)
            {
                runes[at] = runes[at - 1];
            }

            runes[at] = rune;
        }
    }

    private static Tables Load()
    {
        var tables = new Tables([], []);
        using var stream = typeof(CanonicalDecomposition).Assembly.GetManifestResourceStream("decompositions.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Split('=') is [var composed, var parts])
            {
                tables.Parts[Hex(composed)] = [.. parts.Split(' ').Select(Hex)];
            }
            else if (line.Split('-', ':') is [var first, var last, var rank] && line[0] != '#')
            {
                for (var rune = Hex(first); rune <= Hex(last); rune++)
                {
                    tables.Classes[rune] = (byte)Hex(rank);
                }
            }
        }

        return tables;
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed record Tables(Dictionary<int, int[]> Parts, Dictionary<int, byte> Classes);
}
