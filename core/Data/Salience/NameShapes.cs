namespace Orchestrator.Core.Data.Salience;

/// <summary>Says what a name names that no list knows as a whole and no head tells of, by its words and those before it.</summary>
internal static class NameShapes
{
    private static readonly string[] s_placeEndings = ["ville", "burg", "burgh", "stan", "shire", "grad", "polis", "istan", "sburg"];

    /// <summary>The kind of a name.</summary>
    /// <param name="text">The text.</param>
    /// <param name="words">Its words.</param>
    /// <param name="first">The name's first word.</param>
    /// <param name="next">The word after its last.</param>
    /// <param name="titled">Whether a title stands before it.</param>
    public static SalientKind Kind(string text, List<TextWord> words, int first, int next, bool titled)
    {
        var opening = words[first].Of(text);
        if (titled || (next - first > 1 && (Gazetteer.FirstNames.Has(opening) || opening is [_, '.'])))
        {
            return SalientKind.Person;
        }

        var before = first > 0 && words[first].Before == Gap.Space ? words[first - 1].Of(text) : default;
        return next - first == 1 ? Single(opening, before) : Several(text, words, first, next, before);
    }

    private static SalientKind Several(string text, List<TextWord> words, int first, int next, ReadOnlySpan<char> before)
    {
        for (var at = first; at < next; at++)
        {
            if (words[at].Before == Gap.And && at > first)
            {
                return SalientKind.Organisation;
            }

            if (char.IsAsciiDigit(words[at].Of(text)[0]) || words[at].End - words[at].Start == 1)
            {
                return SalientKind.Miscellaneous;
            }
        }

        return Gazetteer.PlaceOpenings.Has(words[first].Of(text)) ? SalientKind.Place
            : Gazetteer.Demonyms.Has(words[first].Of(text)) ? SalientKind.Miscellaneous
            : IsThe(before) ? SalientKind.Organisation
            : SetsPlace(before) ? SalientKind.Place
            : SalientKind.Person;
    }

    private static SalientKind Single(ReadOnlySpan<char> word, ReadOnlySpan<char> before)
    {
        if (word.Length > 1 && !word.ContainsAnyInRange('a', 'z'))
        {
            return word.ContainsAnyInRange('0', '9') ? SalientKind.Miscellaneous : SalientKind.Organisation;
        }

        foreach (var ending in s_placeEndings)
        {
            if (word.EndsWith(ending, StringComparison.Ordinal))
            {
                return SalientKind.Place;
            }
        }

        return SetsPlace(before) ? SalientKind.Place
            : IsThe(before) ? word[^1] == 's' ? SalientKind.Organisation : SalientKind.Miscellaneous
            : SalientKind.Person;
    }

    private static bool IsThe(ReadOnlySpan<char> before) => before is "the" or "The" or "a" or "an" or "A" or "An";

    private static bool SetsPlace(ReadOnlySpan<char> before) =>
        before is "in" or "In" or "near" or "Near" or "at" or "At" or "from" or "From" or "to" or "across" or "through" or "into" or "outside" or "around" or "reached" or "left" or "took" or "via" or "towards";
}
