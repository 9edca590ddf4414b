using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;

namespace Orchestrator.Training.Knowledge.Probing;

/// <summary>What a frozen model reads for a probe.</summary>
/// <param name="Person">Of whom it tells.</param>
/// <param name="Tokens">As the model reads them, what a decoder reads before a text included.</param>
/// <param name="Places">Where probes read, one place for each position.</param>
internal sealed record ProbeText(BioPerson Person, int[] Tokens, int[] Places)
{
    /// <summary>A biography, read at the token before each attribute's value, in the order of the text.</summary>
    /// <remarks>What follows the last of those is left out: a decoder's values do not depend on it.</remarks>
    public static ProbeText OfBiography(Biography biography, Tokenizer tokenizer)
    {
        var tokens = new List<int>(s_beginning);
        var places = new int[biography.Order.Count];
        var begin = 0;
        for (var i = 0; i < places.Length; i++)
        {
            // No piece goes across the space before a value, so that the parts' tokens are those of the whole text.
            var place = biography.Places[(int)biography.Order[i]];
            var end = place == 0 ? 0 : biography.Text.LastIndexOf(' ', place - 1) + 1;
            if (end > begin)
            {
                tokens.AddRange(tokenizer.Encode(biography.Text[begin..end].Trim()));
                begin = end;
            }

            places[i] = tokens.Count - 1;
        }

        return new ProbeText(biography.Person, [.. tokens], places);
    }

    /// <summary>A person's full name and the end token, at which it is read; a decoder reads the name after its start token and the end of a document.</summary>
    public static ProbeText OfName(BioPerson person, Tokenizer tokenizer, ModelFamily family)
    {
        int[] start = family == ModelFamily.Gpt ? s_beginning : [];
        int[] tokens = [.. start, .. tokenizer.Encode(person.Name), Tokenizer.Eos];
        return new ProbeText(person, tokens, [tokens.Length - 1]);
    }

    // What a decoder reads before a text: its start token, and the end of the document before, without which it has hardly met the beginning of a biography.
    private static readonly int[] s_beginning = [Tokenizer.Pad, Tokenizer.Eos];

    /// <summary>Texts as rows of equal length, padded at the end.</summary>
    /// <returns>The tokens [B, L] row by row, and each text's places among them, by position.</returns>
    public static (long[] Tokens, long[][] Places) Rows(IReadOnlyList<ProbeText> texts)
    {
        var length = texts.Max(text => text.Tokens.Length);
        var tokens = new long[texts.Count * length];
        var places = Enumerable.Range(0, texts[0].Places.Length).Select(_ => new long[texts.Count]).ToArray();
        for (var row = 0; row < texts.Count; row++)
        {
            for (var i = 0; i < texts[row].Tokens.Length; i++)
            {
                tokens[(row * length) + i] = texts[row].Tokens[i];
            }

            for (var position = 0; position < places.Length; position++)
            {
                places[position][row] = (row * length) + texts[row].Places[position];
            }
        }

        return (tokens, places);
    }
}
