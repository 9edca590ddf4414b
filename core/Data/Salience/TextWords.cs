using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;

namespace Orchestrator.Core.Data.Salience;

/// <summary>Cuts texts into words.</summary>
internal static class TextWords
{
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_abbreviations = new[]
    {
        "Mr", "Mrs", "Ms", "Dr", "Prof", "Rev", "Hon", "Gen", "Col", "Capt", "Lt", "Sgt", "Gov", "Sen", "Rep", "Pres", "St", "Mt", "Ft", "Jr", "Sr", "Inc", "Corp", "Co", "Ltd", "Bros",
    }.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    // After these a word may be capitalised for its place alone.
    private static readonly SearchValues<char> s_opening = SearchValues.Create(".?!:;\n\"“‘•");

    /// <summary>The words of a text, in its order.</summary>
    public static List<TextWord> Cut(string text)
    {
        var words = new List<TextWord>(text.Length / 6);
        var end = 0;
        for (var start = Next(text, 0); start < text.Length; start = Next(text, end))
        {
            var gap = text.AsSpan(end, start - end);
            end = End(text, start);
            words.Add(new TextWord(
                start, end, words.Count == 0 ? Gap.Other : Between(gap), words.Count == 0 || gap.ContainsAny(s_opening), !gap.IsEmpty && gap[^1] is '"' or '“'));
        }

        return words;
    }

    private static int Next(string text, int from)
    {
        while (from < text.Length && !IsPart(text[from]))
        {
            from++;
        }

        return from;
    }

    // The replacement character stands for a letter that could not be read.
    private static bool IsPart(char c) => char.IsLetterOrDigit(c) || c == '\uFFFD' || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark;

    private static int End(string text, int start)
    {
        var at = start;
        while (at < text.Length)
        {
            if (IsPart(text[at]))
            {
                at++;
            }
            else if (at + 1 < text.Length && IsPart(text[at + 1]) && Inside(text, start, at))
            {
                at += 2;
            }
            else
            {
                break;
            }
        }

        return at < text.Length && text[at] == '.' && (IsInitial(text, start, at) || s_abbreviations.Contains(text.AsSpan(start, at - start))) ? at + 1 : at;
    }

    // Whether a mark between two letters belongs to their word.
    private static bool Inside(string text, int start, int mark) => text[mark] switch
    {
        '-' => true,
        '\'' or '’' => text[mark + 1] is not ('s' or 'S') || (mark + 2 < text.Length && IsPart(text[mark + 2])),
        '&' => char.IsUpper(text[mark - 1]) && char.IsUpper(text[mark + 1]),
        '.' => IsInitial(text, start, mark) && char.IsUpper(text[mark + 1]),
        _ => false,
    };

    // A capital alone, or after another dot: the J of J., the S of U.S.
    private static bool IsInitial(string text, int start, int dot) =>
        dot > start && char.IsUpper(text[dot - 1]) && (dot - 1 == start || text[dot - 2] == '.');

    private static Gap Between(ReadOnlySpan<char> gap) => gap.Contains('\n') ? Gap.Other
        : gap.IsWhiteSpace() ? Gap.Space
        : gap.Trim() is "&" ? Gap.And
        : gap[0] == ',' && gap[1..].IsWhiteSpace() ? Gap.Comma
        : Gap.Other;
}
