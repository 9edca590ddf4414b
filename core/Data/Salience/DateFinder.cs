using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Orchestrator.Core.Data.Salience;

/// <summary>Finds dates: days, months, years, decades, centuries.</summary>
/// <remarks>
/// A weekday counts only before a date; a time of day never does. A month alone, or a bare year (1000 to 2099), is a date where the words around it do not
/// make it a verb, a name or a quantity: "1500 people" is none.
/// </remarks>
internal static partial class DateFinder
{
    private const string Month = "(?:January|February|March|April|May|June|July|August|September|October|November|December|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\\b\\.?)";
    private const string Weekday = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day";
    private const string Day = "(?:3[01]|[12][0-9]|0?[1-9])(?![0-9])(?:st|nd|rd|th)?";
    private const string Year = "(?:1[0-9]|20)[0-9]{2}(?![0-9])";
    private const string Era = "(?:BCE|BC|CE|AD)\\b";
    private const string Ordinal =
        "(?:[0-9]{1,2}(?:st|nd|rd|th)|(?:[Ff]ir|[Ss]econ|[Tt]hir|[Ff]our|[Ff]if|[Ss]ix|[Ss]even|[Ee]igh|[Nn]in|[Tt]en|[Ee]leven|[Tt]wel[fv]|[Tt]hirteen|[Ff]ourteen|[Ff]ifteen|[Ss]ixteen|[Ss]eventeen|[Ee]ighteen|[Nn]ineteen|[Tt]wentie)(?:st|d|th)|[Tt]wenty-first)";

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_beginnings = new[]
    {
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
        "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sept", "Sep", "Oct", "Nov", "Dec",
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
        "spring", "summer", "autumn", "fall", "winter", "Spring", "Summer", "Autumn", "Fall", "Winter", "AD",
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth",
        "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth", "twenty-first",
        "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth", "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth",
        "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth", "Twentieth", "Twenty-first",
    }.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    // Words after which May and March are months.
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_beforeMonths = new[]
    {
        "in", "In", "of", "since", "Since", "until", "Until", "till", "by", "By", "early", "late", "mid", "last", "next", "this", "from", "From", "during", "During", "and", "to", "between", "Between", "after", "After", "before", "Before",
    }.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    // Words in -s that can follow a year, unlike the plural of what is counted.
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_afterYears =
        new[] { "as", "was", "is", "has", "his", "its", "this", "thus", "across", "versus", "less", "unless", "perhaps", "always", "sometimes", "besides", "towards", "afterwards" }
            .ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_counted =
        new[] { "people", "men", "women", "children", "km", "kg", "percent", "million", "billion", "feet", "cattle", "sheep", "fish", "more", "square", "cubic", "of" }
            .ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Where the date ends that begins with a word; 0 where none does.</summary>
    public static int End(string text, List<TextWord> words, int at)
    {
        var word = words[at].Of(text);
        if (!char.IsAsciiDigit(word[0]) && !s_beginnings.Contains(word))
        {
            return 0;
        }

        var start = words[at].Start;
        if (char.IsAsciiDigit(word[0]) && start > 0 && (text[start - 1] is '$' or '£' or '€' or '#' or ':' or '/' or '-' || (text[start - 1] is '.' or ',' && start > 1 && char.IsAsciiDigit(text[start - 2]))))
        {
            return 0;
        }

        foreach (var match in Full().EnumerateMatches(text, start))
        {
            return start + match.Length;
        }

        foreach (var match in Bare().EnumerateMatches(text, start))
        {
            return IsBareDate(text, words, at, start + match.Length) ? start + match.Length : 0;
        }

        return 0;
    }

    private static bool IsBareDate(string text, List<TextWord> words, int at, int end)
    {
        var word = words[at].Of(text);
        if (!char.IsAsciiDigit(word[0]))
        {
            return word is not ("May" or "March") || (at > 0 && words[at].Before == Gap.Space && s_beforeMonths.Contains(words[at - 1].Of(text)));
        }

        if (end < text.Length && (text[end] is '%' or '°' || (text[end] is '.' or ',' or ':' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1]))))
        {
            return false;
        }

        // The words of a range of years are one or two; what follows it decides.
        var next = at + 1;
        while (next < words.Count && words[next].Start < end)
        {
            next++;
        }

        return next == words.Count || words[next].Before != Gap.Space || words[next].Of(text) is not [>= 'a' and <= 'z', ..] follower
            || (!s_counted.Contains(follower) && (follower[^1] != 's' || s_afterYears.Contains(follower)));
    }

    [GeneratedRegex(
        $@"\G(?:(?:{Weekday},? (?:the )?)?(?:{Month} {Day}(?:[-–]{Day})?(?:,? {Year})?|{Day}(?:[-–]{Day})?(?: of)? {Month}\b(?:,? {Year})?)|{Month}(?:,| of)? {Year}"
        + $@"|(?:[Ss]pring|[Ss]ummer|[Aa]utumn|[Ff]all|[Ww]inter)(?: of)? {Year}|[12][0-9]{{2}}0s\b|{Ordinal}[ -]centur(?:y|ies)\b(?: {Era})?"
        + $@"|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?![0-9])|[0-9]{{1,2}}/[0-9]{{1,2}}/(?:[0-9]{{4}}|[0-9]{{2}})(?![0-9])|[0-9]{{1,4}} {Era}|AD [0-9]{{1,4}}(?![0-9]))",
        RegexOptions.CultureInvariant)]
    private static partial Regex Full();

    [GeneratedRegex($@"\G(?:{Year}(?:[-–](?:[0-9]{{4}}|[0-9]{{2}})(?![0-9]))?(?![\w])|(?:January|February|March|April|May|June|July|August|September|October|November|December)\b)", RegexOptions.CultureInvariant)]
    private static partial Regex Bare();
}
