using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Evaluation;
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
        var (examples, note) = asked switch
        {
            { Examples: { } file, Dataset: { } dataset } => EvaluationExample.Read(file, ClosedBookTask.Named(dataset), asked.Limit),
            { Examples: { } file } => (EvaluationExample.Read(file, asked.Limit), null),
            _ => ([], null),
        };
        if (note is not null)
        {
            events.Write("notice", new { Sentence = note });
        }

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
            truncated = Predict(asked, loaded, examples, events, progress, cancellationToken);
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

    private static int Predict(
        EvaluateRequest asked, LoadedModel loaded, IReadOnlyList<EvaluationExample> examples, JobEvents events, ProgressThrottle progress, CancellationToken cancellationToken)
    {
        using var predictions = new PredictionFile(asked.Out, NameOf(asked, loaded));
        if (predictions.Results.Count > 0)
        {
            events.Write("resumed", new { Examples = predictions.Results.Count });
        }

        var predictor = new Predictor(new TextGenerator(loaded.Generator, loaded.Tokenizer), asked);
        predictor.Run(examples, predictions, (done, total) => progress.Report(new BuildProgress("predict", done, total, "examples")), cancellationToken);
        predictions.Finish();
        var lines = examples.Select(example => example.Line).ToHashSet();
        Prediction[] scored = [.. predictions.Results.Where(prediction => lines.Contains(prediction.Line))];
        foreach (var name in asked.Metrics.Count > 0 ? asked.Metrics : TextMetrics.Usual)
        {
            var value = TextMetrics.Named(name).Score([.. scored.Select(prediction => prediction.Text)], [.. scored.Select(prediction => prediction.Targets)]);
            events.Write("score", new { Metric = name, Value = value });
        }

        return predictor.Truncated;
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
