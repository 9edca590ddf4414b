using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Generation;
using TorchSharp;

namespace Orchestrator.Training.Knowledge;

/// <summary>Text in, text out: a model with its vocabulary.</summary>
/// <remarks>Sentinels and gaps of texts are read as <see cref="TextTokens"/> has it.</remarks>
public sealed class TextGenerator(IGenerativeModel model, Tokenizer tokenizer)
{
    private const int RowsAtOnce = 16;

    private readonly TextTokens _texts = new(tokenizer, model.ContinuesInputs);

    /// <summary>Answers texts in order.</summary>
    /// <param name="texts">What the encoder reads.</param>
    /// <param name="options">How it generates; a text's key is its number.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public IEnumerable<GeneratedText> Generate(IReadOnlyList<string> texts, GenerationOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        foreach (var rows in texts.Select((text, number) => ((long)number, Encode(text))).Chunk(RowsAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var text in Generate(rows, options))
            {
                yield return text;
            }
        }
    }

    /// <summary>Answers a batch.</summary>
    /// <param name="rows">Each row's key (see <see cref="SequenceGenerator.Generate"/>) and tokens.</param>
    /// <param name="options">How it generates.</param>
    public IReadOnlyList<GeneratedText> Generate(IReadOnlyList<(long Key, long[] Tokens)> rows, GenerationOptions options)
    {
        using var scope = torch.NewDisposeScope();
        var sequences = SequenceGenerator.Generate(
            model, Pad([.. rows.Select(row => row.Tokens)]), rows.Count, options, keys: [.. rows.Select(row => row.Key)]);
        return [.. sequences.Select(sequence => new GeneratedText(Decode(sequence.Tokens), sequence.Tokens.Length, sequence.LogProbability))];
    }

    /// <summary>A text's tokens and, unless the model continues them, the end.</summary>
    /// <exception cref="BadInputException">The text names a sentinel that does not exist.</exception>
    public long[] Encode(string text) => _texts.Of(text);

    private static long[] Pad(long[][] rows)
    {
        var length = rows.Max(row => row.Length);
        var padded = new long[rows.Length * length];
        for (var row = 0; row < rows.Length; row++)
        {
            rows[row].CopyTo(padded, row * length);
        }

        return padded;
    }

    // The embedding has rows beyond the vocabulary, which no text stands for.
    private string Decode(long[] tokens) =>
        tokenizer.Decode(Array.ConvertAll(tokens, token => token < tokenizer.VocabularySize ? (int)token : Tokenizer.Unknown));
}

/// <summary>A generated text.</summary>
/// <param name="Text">The text, sentinels written <c>&lt;extra_id_k&gt;</c>.</param>
/// <param name="Tokens">Its tokens, the end included.</param>
/// <param name="LogProbability">Of all its tokens together, nats.</param>
public sealed record GeneratedText(string Text, int Tokens, double LogProbability);
