using System.Text.RegularExpressions;

namespace Orchestrator.Core.Knowledge.Bios.Rewriting;

/// <summary>Whether a rewritten text still tells what the biography did.</summary>
public static partial class RewriteCheck
{
    /// <summary>The text as a biography, or what it lost.</summary>
    /// <remarks>
    /// White space becomes single spaces. The full name and each value must be there, letter for letter and not as part of a longer word, each value at a place
    /// of its own: a longer value takes its place first, equal ones in the order of the biography.
    /// </remarks>
    /// <param name="source">The biography.</param>
    /// <param name="text">What was made of it.</param>
    /// <returns>One of the two.</returns>
    public static (Biography? Kept, string? Lost) Of(Biography source, string text)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(text);
        text = WhiteSpace().Replace(text, " ").Trim();
        if (Place(text, source.Person.Name, []) < 0)
        {
            return (null, "name");
        }

        var places = new int[BioAttributes.All.Count];
        var taken = new List<(int Start, int End)>();
        foreach (var attribute in source.Order.OrderByDescending(attribute => source.Person[attribute].Length))
        {
            var value = source.Person[attribute];
            var place = Place(text, value, taken);
            if (place < 0)
            {
                return (null, attribute.Name());
            }

            places[(int)attribute] = place;
            taken.Add((place, place + value.Length));
        }

        return (new Biography(source.Person, source.Copy, text, [.. BioAttributes.All.OrderBy(attribute => places[(int)attribute])], places), null);
    }

    // The first place of a value that touches no letter or digit, and nothing taken.
    private static int Place(string text, string value, List<(int Start, int End)> taken)
    {
        for (var place = text.IndexOf(value, StringComparison.Ordinal); place >= 0; place = text.IndexOf(value, place + 1, StringComparison.Ordinal))
        {
            var end = place + value.Length;
            var alone = (place == 0 || !char.IsLetterOrDigit(text[place - 1])) && (end == text.Length || !char.IsLetterOrDigit(text[end]));
            if (alone && !taken.Exists(span => place < span.End && end > span.Start))
            {
                return place;
            }
        }

        return -1;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
