using System.Text.RegularExpressions;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Training.Data;

namespace Orchestrator.Training.Knowledge.Bios;

/// <summary>A stretch of a text's tokens.</summary>
/// <param name="First">The first one's place.</param>
/// <param name="Count">How many there are, at least 1.</param>
internal readonly record struct TokenSpan(int First, int Count);

/// <summary>A biography's tokens, and where what is told stands among them.</summary>
/// <param name="Biography">The biography.</param>
/// <param name="Tokens">Its tokens, without end.</param>
/// <param name="Name">The name, where it comes first.</param>
/// <param name="Values">The values, in the order of <see cref="BioAttribute"/>.</param>
/// <param name="Pronoun">The first pronoun; null where names stand in its place.</param>
internal sealed partial record BioTokens(Biography Biography, int[] Tokens, TokenSpan Name, IReadOnlyList<TokenSpan> Values, TokenSpan? Pronoun)
{
    /// <summary>The tokens of a biography.</summary>
    public static BioTokens Of(Biography biography, Tokenizer tokenizer)
    {
        var tokens = tokenizer.Encode(biography.Text);
        var person = biography.Person;
        var pronoun = Pronouns().Match(biography.Text, biography.Text.IndexOf(person.Name, StringComparison.Ordinal) + person.Name.Length);
        return new BioTokens(
            biography,
            tokens,
            Span(biography.Text.IndexOf(person.Name, StringComparison.Ordinal), person.Name.Length),
            [.. BioAttributes.All.Select(attribute => Span(biography.Places[(int)attribute], person[attribute].Length))],
            pronoun.Success ? Span(pronoun.Index, pronoun.Length) : null);

        // A text's tokens up to a place are the whole's, but for one that goes across the place: that is counted to what follows at the
        // beginning, and to what goes before at the end.
        TokenSpan Span(int place, int length)
        {
            var first = Shared(biography.Text[..place].TrimEnd()).Shared;
            var (end, whole) = Shared(biography.Text[..(place + length)]);
            return new TokenSpan(first, Math.Max(1, end + (whole ? 0 : 1) - first));
        }

        (int Shared, bool Whole) Shared(string beginning)
        {
            var own = tokenizer.Encode(beginning);
            var shared = own.AsSpan().CommonPrefixLength(tokens);
            return (shared, shared == own.Length);
        }
    }

    [GeneratedRegex(@"(?<=\. )(He|She|They|His|Her|Their)\b")]
    private static partial Regex Pronouns();
}
