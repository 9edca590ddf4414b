using System.Text.RegularExpressions;
using Orchestrator.Core;
using Orchestrator.Training.Data;

namespace Orchestrator.Training.Knowledge;

/// <summary>Turns a text that people write into the tokens that a model reads.</summary>
/// <remarks>In texts <c>&lt;extra_id_k&gt;</c> is the k-th sentinel; a gap written <c>___</c> is the next one that the text does not name.</remarks>
/// <param name="tokenizer">The vocabulary.</param>
/// <param name="continues">Whether the model continues its inputs, so that they have no end token.</param>
public sealed partial class TextTokens(Tokenizer tokenizer, bool continues)
{
    /// <summary>A text's tokens and, unless the model continues them, the end.</summary>
    /// <exception cref="BadInputException">The text names a sentinel that does not exist.</exception>
    public long[] Of(string text)
    {
        var tokens = new List<long>();
        var named = Sentinel().Matches(text).Select(match => match.Groups["number"].Value).Where(number => number.Length > 0).ToHashSet(StringComparer.Ordinal);
        var (start, next) = (0, 0);
        foreach (Match match in Sentinel().Matches(text))
        {
            Add(tokens, text[start..match.Index]);
            start = match.Index + match.Length;
            var number = match.Groups["number"].Value;
            while (number.Length == 0)
            {
                number = named.Contains($"{next}") ? "" : $"{next}";
                next++;
            }

            if (!int.TryParse(number, out var sentinel) || sentinel >= tokenizer.SentinelCount)
            {
                throw new BadInputException($"The text asks for gap {number}, and there are {tokenizer.SentinelCount} (<extra_id_0> to <extra_id_{tokenizer.SentinelCount - 1}>).");
            }

            tokens.Add(tokenizer.Sentinel(sentinel));
        }

        Add(tokens, text[start..]);
        if (!continues)
        {
            tokens.Add(Tokenizer.Eos);
        }

        return [.. tokens];
    }

    private void Add(List<long> tokens, string text)
    {
        if (!string.IsNullOrWhiteSpace(text))
        {
            tokens.AddRange(tokenizer.Encode(text).Select(token => (long)token));
        }
    }

    [GeneratedRegex("<extra_id_(?<number>[0-9]+)>|_{3,}")]
    private static partial Regex Sentinel();
}
