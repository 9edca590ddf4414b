using Orchestrator.Core.Knowledge.Tracking;

namespace Orchestrator.Cli.Quickstart;

/// <summary>A sentence with some words taken out.</summary>
/// <param name="Masked">The sentence with sentinels in the words' places, as a T5 reads it.</param>
/// <param name="Truth">The words taken out, span by span.</param>
internal sealed record ClozeSentence(string Masked, IReadOnlyList<string> Truth);

/// <summary>Makes fill-in sentences of running text. Pure: the same text gives the same sentences.</summary>
internal static class Cloze
{
    private const int FewestWords = 10;
    private const int MostWords = 24;

    /// <summary>Whole sentences of a text that are neither short nor long and are made of words.</summary>
    public static IEnumerable<string> Sentences(string text) => text
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .SelectMany(line => line.Split(". ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .Select(sentence => sentence.TrimEnd('.') + ".")
        .Where(sentence => char.IsAsciiLetterUpper(sentence[0]))
        .Where(sentence => sentence.Split(' ').Length is >= FewestWords and <= MostWords)
        .Where(sentence => sentence.All(c => char.IsAsciiLetterOrDigit(c) || " ,.'-".Contains(c, StringComparison.Ordinal)));

    /// <summary>Takes two spans out: one word from the first half, two words from the second.</summary>
    public static ClozeSentence Mask(string sentence)
    {
        var words = sentence.TrimEnd('.').Split(' ');
        var first = words.Length / 4;
        var second = (2 * words.Length) / 3;
        string[] masked = [.. words[..first], "<extra_id_0>", .. words[(first + 1)..second], "<extra_id_1>", .. words[(second + 2)..]];
        return new ClozeSentence(string.Join(' ', masked) + ".", [words[first], string.Join(' ', words[second..(second + 2)])]);
    }

    /// <summary>The model's answer, span by span: what stands after each sentinel.</summary>
    public static IReadOnlyList<string> Spans(string answer, int count) => [.. Enumerable.Range(0, count).Select(span => GapAnswer.Of(answer, span))];
}
