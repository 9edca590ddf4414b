using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Worker.Jobs;

/// <summary>Makes a checkpoint from a Hugging Face folder.</summary>
internal sealed class CheckpointImportJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => CheckpointImportRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CheckpointImportRequest>(request);
        asked.Validate();
        NewFolder.Require(asked.Out);
        if (!Directory.Exists(asked.Folder))
        {
            throw new BadInputException($"folder: '{asked.Folder}' does not exist; name a Hugging Face folder of a T5.");
        }

        var progress = new ProgressThrottle(events, clock);
        var entry = HuggingFaceImport.Import(
            asked.Folder, asked.Out, asked.Vocabulary, clock, (done, total) => progress.Report(new BuildProgress("import", done, total, "bytes")), cancellationToken);
        var shape = HuggingFaceConfig.Read(Path.Combine(entry.Folder, HuggingFaceFiles.ConfigFileName));
        events.Write("finished", new
        {
            Path = entry.Folder,
            entry.Manifest.WeightsDigest,
            Parameters = shape.ParameterCount,
            entry.Manifest.Bytes,
            Vocabulary = entry.Manifest.Files.Any(file => file.Name == HuggingFaceFiles.VocabularyFileName),
            Model = Section(shape, entry.Folder),
        });
        return 0;
    }

    // A spec's model section that starts from these weights.
    private static string Section(ResolvedModel shape, string folder)
    {
        var spec = new RunSpec
        {
            Model = new ModelSpec
            {
                DModel = shape.DModel,
                DFf = shape.DFf,
                DKv = shape.DKv,
                Heads = shape.Heads,
                EncoderLayers = shape.EncoderLayers,
                DecoderLayers = shape.DecoderLayers,
                FeedForward = shape.FeedForward,
                TiedEmbeddings = shape.TiedEmbeddings,
                Vocabulary = shape.Vocabulary,
                RelativeBuckets = shape.RelativeBuckets,
                RelativeDistance = shape.RelativeDistance,
                Dropout = shape.Dropout,
                StartFrom = folder,
            },
        };
        var lines = SpecWriter.Write(spec).Split('\n').SkipWhile(line => line != "model:").ToArray();
        return string.Join('\n', lines.Take(1).Concat(lines.Skip(1).TakeWhile(line => line.StartsWith(' ')).Where(line => !line.EndsWith(": null", StringComparison.Ordinal))));
    }
}
