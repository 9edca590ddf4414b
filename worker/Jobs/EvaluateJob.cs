using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Evaluation.Breakdown;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data.Building;
using Orchestrator.Training.Evaluation;
using Orchestrator.Training.Knowledge;

namespace Orchestrator.Worker.Jobs;

/// <summary>Scores a model's predictions for a file of examples, or measures its loss on a corpus.</summary>
internal sealed class EvaluateJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => EvaluateRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<EvaluateRequest>(request);
        asked.Validate();
        var dataset = asked.Dataset is { } name ? ClosedBookTask.Named(name) : null;
        var (examples, note) = asked switch
        {
            { Examples: { } file } when dataset is not null => EvaluationExample.Read(file, dataset, asked.Limit),
            { Examples: { } file } => (EvaluationExample.Read(file, asked.Limit), null),
            _ => ([], null),
        };
        if (note is not null)
        {
            events.Write("notice", new { Sentence = note });
        }

        var training = TrainingOverlap.Read(asked.Train, dataset);
        var begin = clock.GetTimestamp();
        using var loaded = LoadedModel.Open(asked.Checkpoint);
        var progress = new ProgressThrottle(events, clock);
        if (asked.PerplexityCorpus is { } corpus)
        {
            var spec = SpecOf(loaded.Folder, corpus, asked);
            var loss = CorpusLoss.Measure(loaded.Model, spec, (done, total) => progress.Report(new BuildProgress("loss", done, total, "samples")), cancellationToken);
            events.Write("perplexity", new { Corpus = corpus, loss.Loss, loss.Perplexity, loss.BitsPerByte, loss.Tokens, loss.Samples });
        }

        var truncated = 0;
        if (asked.Examples is not null)
        {
            var predictor = new Predictor(new TextGenerator(loaded.Generator, loaded.Tokenizer), asked);
            var predictions = Predict(asked, loaded, predictor, examples, events, progress, cancellationToken);
            truncated = predictor.Truncated;
            var metrics = asked.Metrics.Count > 0 ? asked.Metrics : TextMetrics.Usual;
            foreach (var metric in metrics)
            {
                var value = TextMetrics.Named(metric).Score([.. predictions.Select(prediction => prediction.Text)], [.. predictions.Select(prediction => prediction.Targets)]);
                events.Write("score", new { Metric = metric, Value = value });
            }

            if (asked.Breakdown)
            {
                var prefix = asked.Template[..asked.Template.IndexOf("{input}", StringComparison.Ordinal)];
                events.Write("breakdown", EvaluationBreakdown.Of(predictions, EvaluationBreakdown.MetricOf(asked.Metrics), prefix, training));
            }
        }

        events.Write("finished", new
        {
            Checkpoint = loaded.Folder,
            loaded.Step,
            Examples = examples.Count,
            Truncated = truncated,
            Predictions = asked.Out,
            Seconds = clock.GetElapsedTime(begin).TotalSeconds,
        });
        return 0;
    }

    private static Prediction[] Predict(
        EvaluateRequest asked, LoadedModel loaded, Predictor predictor, IReadOnlyList<EvaluationExample> examples, JobEvents events, ProgressThrottle progress, CancellationToken cancellationToken)
    {
        using var predictions = new PredictionFile(asked.Out, NameOf(asked, loaded));
        if (predictions.Results.Count > 0)
        {
            events.Write("resumed", new { Examples = predictions.Results.Count });
        }

        predictor.Run(examples, predictions, (done, total) => progress.Report(new BuildProgress("predict", done, total, "examples")), cancellationToken);
        predictions.Finish();
        var lines = examples.Select(example => example.Line).ToHashSet();
        return [.. predictions.Results.Where(prediction => lines.Contains(prediction.Line))];
    }

    // Everything that a prediction depends on but the example's number: the weights, the file, and how texts are made.
    private static string NameOf(EvaluateRequest asked, LoadedModel loaded)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(File.ReadAllBytes(asked.Examples!));
        var weights = WeightsDigest.Text(WeightsDigest.Of(loaded.Model.Parameters.WeightViews));
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"\n{weights}\n{loaded.Tokenizer.Digest}\n{asked.Template}\n{asked.MaxInputTokens}\n{JsonSerializer.Serialize(asked.Generation, JobEvents.Json)}")));
        if (asked.Dataset is { } dataset)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{ClosedBookTask.Named(dataset).Name}"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // The run's own spec where the checkpoint lies in a run's folder (RUN/checkpoints/step-…), else T5's objective.
    private static RunSpec SpecOf(string checkpoint, string corpus, EvaluateRequest asked)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(checkpoint)) ?? "", "run.yaml");
        var spec = File.Exists(path) && SpecReader.Read(File.ReadAllText(path), path).Spec is { } own
            ? own
            : new RunSpec { Data = new DataSpec { InputLength = asked.MaxInputTokens } };
        spec = spec with { Data = spec.Data with { Corpus = corpus, CorpusRate = null, Tasks = [] } };
        var lengths = ObjectiveLengths.Of(spec);
        var manifest = CorpusManifest.Load(corpus);
        var samples = (manifest.Validation.Tokens > 0 ? manifest.Validation : manifest.Train).SampleCount(lengths.Raw, spec.Data.Order);
        return samples > 0
            ? spec with { Batch = spec.Batch with { Microbatch = (int)Math.Min(asked.Batch, samples) } }
            : throw new BadInputException($"perplexity: the validation half of {corpus} is shorter than one sample of {lengths.Raw} tokens; name a larger corpus or a shorter --max-input.");
    }
}
