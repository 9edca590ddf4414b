using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Generation;
using Orchestrator.Training.Model;
using TorchSharp;

namespace Orchestrator.Training.Knowledge.Bios;

/// <summary>Whether a model answers questions about people: the whole answer, generated greedily, is the right one.</summary>
/// <remarks>
/// A question is read as tasks of a run have it, its end included. An encoder alone is given as many masked tokens behind the question as the
/// answer has, and restores them at once (Allen-Zhu and Li 2023, section 6).
/// </remarks>
/// <param name="model">The model.</param>
/// <param name="tokenizer">Its vocabulary.</param>
/// <param name="batch">Sequences at once.</param>
public sealed class BioExtractionMeasure(ILanguageModel model, Tokenizer tokenizer, int batch)
{
    /// <summary>Asks every question about people.</summary>
    /// <param name="people">The people.</param>
    /// <param name="progress">Called with questions done since the last call.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <returns>Right answers by attribute, percent.</returns>
    public IReadOnlyDictionary<string, double> Run(IReadOnlyCollection<BioPerson> people, Action<long> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(people);
        ArgumentNullException.ThrowIfNull(progress);
        var right = BioAttributes.All.ToDictionary(attribute => attribute.Name(), _ => 0.0);
        var questions = people.SelectMany(BioQuestion.About).Select(question => new Asked(question, tokenizer.Encode(question.Text), tokenizer.Encode(question.Answer)))
            .OrderBy(asked => asked.Text.Length).ToArray();
        foreach (var rows in questions.Chunk(batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = torch.NewDisposeScope();
            var answers = model.Shape.Family == ModelFamily.Bert ? Restored(rows) : Generated(rows);
            foreach (var (row, answer) in rows.Zip(answers))
            {
                right[row.Question.Attribute.Name()] += answer == row.Question.Answer ? 100.0 / people.Count : 0;
            }

            progress(rows.Length);
        }

        return right;
    }

    private IEnumerable<string> Generated(Asked[] rows)
    {
        var generative = model as IGenerativeModel ?? throw new BadInputException($"A {model.Shape.Family} generates nothing; name a T5, GPT or BERT.");
        var length = rows.Max(row => row.Text.Length) + 1;
        var inputs = new long[rows.Length * length];
        foreach (var (number, row) in rows.Index())
        {
            Array.ConvertAll(row.Text, token => (long)token).CopyTo(inputs, number * length);
            inputs[(number * length) + row.Text.Length] = Tokenizer.Eos;
        }

        // One more than the longest right answer and its end: a longer one is wrong in any case.
        var options = new GenerationOptions { MaxTokens = rows.Max(row => row.Answer.Length) + 2 };
        return SequenceGenerator.Generate(generative, inputs, rows.Length, options).Select(sequence => Text(sequence.Tokens));
    }

    private IEnumerable<string> Restored(Asked[] rows)
    {
        var length = rows.Max(row => row.Text.Length + row.Answer.Length) + 1;
        var (inputs, targets, counted) = (new long[rows.Length * length], new long[rows.Length * length], new byte[rows.Length * length]);
        foreach (var (number, row) in rows.Index())
        {
            var start = number * length;
            var answer = start + row.Text.Length;
            Array.ConvertAll(row.Text, token => (long)token).CopyTo(inputs, start);
            inputs.AsSpan(answer, row.Answer.Length).Fill(tokenizer.Sentinel(0));
            inputs[answer + row.Answer.Length] = Tokenizer.Eos;
            Array.ConvertAll(row.Answer, token => (long)token).CopyTo(targets, answer);
            counted.AsSpan(answer, row.Answer.Length).Fill(1);
        }

        var likeliest = new long[targets.Length];
        model.TokenLosses(new TokenBatch(rows.Length, length, length, inputs, targets, TargetMask: counted), likeliest);
        return rows.Select((row, number) => Text(likeliest.AsSpan((number * length) + row.Text.Length, row.Answer.Length).ToArray()));
    }

    // The embedding has rows beyond the vocabulary, which no text stands for.
    private string Text(long[] tokens) => tokenizer.Decode(Array.ConvertAll(tokens, token => token < tokenizer.VocabularySize ? (int)token : Tokenizer.Unknown));

    private sealed record Asked(BioQuestion Question, int[] Text, int[] Answer);
}
