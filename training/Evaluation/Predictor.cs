using Orchestrator.Core;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Knowledge;

namespace Orchestrator.Training.Evaluation;

/// <summary>Makes the predictions for a task's examples, inputs of like length together.</summary>
public sealed class Predictor(TextGenerator generator, EvaluateRequest request)
{
    /// <summary>Inputs that were cut.</summary>
    public int Truncated { get; private set; }

    /// <summary>Predicts every example whose prediction is not there yet.</summary>
    /// <param name="examples">The examples.</param>
    /// <param name="predictions">Gains the predictions.</param>
    /// <param name="progress">Called with examples done and in all.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="BadInputException">Inputs are too long; the message locates them. Nothing was predicted.</exception>
    public void Run(IReadOnlyList<EvaluationExample> examples, PredictionFile predictions, Action<long, long> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(progress);
        var rows = examples.Select(Encode).ToArray();
        Require(rows);
        var open = rows.Where(row => !predictions.Has(row.Example.Line))
            .OrderByDescending(row => row.Tokens.Length).ThenBy(row => row.Example.Line).ToArray();
        var done = (long)(rows.Length - open.Length);
        foreach (var batch in open.Chunk(request.Batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress(done, rows.Length);
            // The key of a row is its line: what is sampled depends on neither the batch nor a restart.
            var texts = generator.Generate([.. batch.Select(row => (row.Example.Line, row.Tokens))], request.Generation);
            predictions.Add(batch.Select((row, i) =>
                new Prediction(row.Example.Line, row.Input, row.Example.Targets, texts[i].Text, texts[i].Tokens, texts[i].LogProbability)));
            done += batch.Length;
        }

        progress(done, rows.Length);
    }

    private (EvaluationExample Example, string Input, long[] Tokens) Encode(EvaluationExample example)
    {
        var input = request.Template.Replace("{input}", example.Input, StringComparison.Ordinal);
        try
        {
            return (example, input, generator.Encode(input));
        }
        catch (BadInputException error)
        {
            throw new BadInputException($"{request.Examples}:{example.Line}: {error.Message}", error);
        }
    }

    private void Require((EvaluationExample Example, string Input, long[] Tokens)[] rows)
    {
        const int most = 20;
        var longer = Enumerable.Range(0, rows.Length).Where(i => rows[i].Tokens.Length > request.MaxInputTokens).ToArray();
        Truncated = longer.Length;
        if (longer.Length > 0 && !request.Truncate)
        {
            var lines = longer.Take(most).Select(i => $"{request.Examples}:{rows[i].Example.Line}: the input has {rows[i].Tokens.Length} tokens");
            var more = longer.Length > most ? $"\nand {longer.Length - most} more" : "";
            throw new BadInputException(
                $"{longer.Length} of {rows.Length} inputs are longer than {request.MaxInputTokens} tokens; raise --max-input, or cut them with --truncate.\n{string.Join('\n', lines)}{more}");
        }

        foreach (var i in longer)
        {
            rows[i].Tokens = [.. rows[i].Tokens[..(request.MaxInputTokens - 1)], Tokenizer.Eos];
        }
    }
}
