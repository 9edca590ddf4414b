using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Generation;

/// <summary>Generation of one sequence a row: each grows by its likeliest token, or by one that is drawn, until it ends.</summary>
internal static class TokenSearch
{
    /// <summary>Generates a sequence for each row of a decoder. Rows that have ended leave the batch.</summary>
    public static IReadOnlyList<GeneratedSequence> Run(IIncrementalDecoder decoder, GenerationOptions options, IReadOnlyList<long> keys)
    {
        var sampler = options.Samples ? new TokenSampler(options) : null;
        var rows = Enumerable.Range(0, decoder.Rows).Select(_ => (Tokens: new List<long>(), LogProbabilities: new List<float>())).ToArray();
        var open = Enumerable.Range(0, rows.Length).ToArray();
        long[] next = [.. decoder.FirstTokens];
        for (var position = 0; position < options.MaxTokens && open.Length > 0; position++)
        {
            using var logits = new StepLogits(decoder.Step(next));
            for (var i = 0; i < open.Length; i++)
            {
                next[i] = sampler?.Draw(logits.Row(i), keys[open[i]], position) ?? logits.Best[i];
                rows[open[i]].Tokens.Add(next[i]);
                rows[open[i]].LogProbabilities.Add((float)logits.LogProbability(i, next[i]));
            }

            var going = Enumerable.Range(0, open.Length).Where(i => !options.StopAtEnd || next[i] != SequenceGenerator.End).ToArray();
            if (going.Length is var count and > 0 && count < open.Length)
            {
                decoder.Select(going);
            }

            open = [.. going.Select(i => open[i])];
            next = [.. going.Select(i => next[i])];
        }

        return [.. rows.Select(row => new GeneratedSequence([.. row.Tokens], [.. row.LogProbabilities]))];
    }
}
