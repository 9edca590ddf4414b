using System.Globalization;
using System.Text;

namespace Orchestrator.Core.Evaluation;

/// <summary>What Python's <c>str</c> and <c>re</c> do with Unicode, where .NET does something else: the published scores were made with them.</summary>
internal static class PythonText
{
    private const char Sigma = 'Σ';
    private const char FinalSigma = 'ς';

    /// <summary><c>str.lower()</c>: full case mapping, İ as i and a dot above, Σ as ς at the end of a word.</summary>
    public static string Lower(string text)
    {
        var lower = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            _ = text[i] switch
            {
                'İ' => lower.Append("i\u0307"),
                Sigma when EndsWord(text, i) => lower.Append(FinalSigma),
                var c when char.IsHighSurrogate(c) && i + 1 < text.Length => lower.Append(text.Substring(i, 2).ToLowerInvariant()),
                var c when char.IsSurrogate(c) => lower.Append(c),
                var c => lower.Append(char.ToLowerInvariant(c)),
            };
            i += char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 1 : 0;
        }

        return lower.ToString();
    }

    /// <summary><c>str.split()</c>: the words between white space.</summary>
    public static string[] Split(string text)
    {
        var words = new List<string>();
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || IsSpace(text[i]))
            {
                if (start >= 0)
                {
                    words.Add(text[start..i]);
                }

                start = -1;
            }
            else if (start < 0)
            {
                start = i;
            }
        }

        return [.. words];
    }

    /// <summary><c>str.isspace()</c> of one character.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    /// <summary>Whether <c>\w</c> matches the character that stands at a place: a letter or number of any script, or the underscore.</summary>
    public static bool IsWord(string text, int index)
    {
        if (index < 0 || index >= text.Length)
        {
            return false;
        }

        var at = char.IsLowSurrogate(text[index]) && index > 0 && char.IsHighSurrogate(text[index - 1]) ? index - 1 : index;
        return text[at] == '_' || CharUnicodeInfo.GetUnicodeCategory(text, at) switch
        {
            <= UnicodeCategory.OtherLetter => true,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => true,
            _ => false,
        };
    }

    // Unicode 3.13, Final_Sigma: a cased letter before, none after, whatever case-ignorable characters lie between.
    private static bool EndsWord(string text, int index) =>
        Nearest(text[..index].EnumerateRunes().Reverse()) && !Nearest(text[(index + 1)..].EnumerateRunes());

    private static bool Nearest(IEnumerable<Rune> runes) =>
        runes.SkipWhile(IsCaseIgnorable).Take(1).Any(IsCased);

    private static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || rune.Value is 0xAA or 0xBA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    private static bool IsCaseIgnorable(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || rune.Value is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027
            or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A;
}
