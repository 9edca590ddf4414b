using Orchestrator.Core.Data;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Model;
using TorchSharp;

namespace Orchestrator.Training.Evaluation;

/// <summary>A model's loss on a corpus's validation half.</summary>
/// <param name="Loss">Nats per target token; padding and sentinels do not count.</param>
/// <param name="Tokens">How many tokens counted.</param>
/// <param name="Samples">From how many samples.</param>
/// <param name="BitsPerByte">The loss in bits over the mean bytes of a validation token; null where the corpus does not know them.</param>
public sealed record CorpusLoss(double Loss, long Tokens, long Samples, double? BitsPerByte)
{
    /// <summary>e^loss.</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>Measures it, over every sample.</summary>
    /// <param name="model">The model.</param>
    /// <param name="spec">Names the corpus, the objective and the batch.</param>
    /// <param name="progress">Called with samples done and in all.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="Core.BadInputException">The corpus cannot be used.</exception>
    public static CorpusLoss Measure(ILanguageModel model, RunSpec spec, Action<long, long> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(progress);
        using var data = TrainingData.Open(spec);
        var rows = spec.Batch.Microbatch;
        var samples = data.Validation.SampleCount;
        var ranges = StepSamples.Of(step: 1, samples, samples);
        var (loss, tokens) = (0.0, 0L);
        for (var done = 0L; done < samples; done += rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress(done, samples);
            using var scope = torch.NewDisposeScope();
            var batch = data.Validation.Make(0, ranges, (int)(done / rows)).Tokens;
            var losses = model.TokenLosses(batch);
            for (var i = 0; i < losses.Length; i++)
            {
                if (batch.Counts(i) && batch.Targets[i] < data.Tokenizer.PieceCount)
                {
                    loss += losses[i];
                    tokens++;
                }
            }
        }

        progress(samples, samples);
        var mean = loss / Math.Max(1, tokens);
        var manifest = CorpusManifest.Load(spec.Data.Corpus);
        var split = manifest.Validation.Tokens > 0 ? manifest.Validation : manifest.Train;
        return new CorpusLoss(mean, tokens, samples, split.Bytes > 0 ? mean / Math.Log(2) * split.Tokens / split.Bytes : null);
    }
}
