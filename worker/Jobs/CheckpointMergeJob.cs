using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data.Building;
using Orchestrator.Training.Model;

namespace Orchestrator.Worker.Jobs;

/// <summary>Makes a plain checkpoint of an adapter's: the updates added to the weights that they adapt.</summary>
internal sealed class CheckpointMergeJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => CheckpointMergeRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CheckpointMergeRequest>(request);
        asked.Validate();
        NewFolder.Require(asked.Out);
        var folder = ModelFolders.Resolve(asked.Checkpoint, verify: true, Console.Error.WriteLine);
        var config = AdapterConfig.Read(folder)
            ?? throw new BadInputException($"checkpoint: '{folder}' has no {AdapterConfig.FileName}; it is not one of a run with model.lora, and there is nothing to merge.");
        var (adapted, plainFolder) = AdaptedModel.Open(folder, config, Console.Error.WriteLine);
        using var opened = adapted;
        using var plain = LanguageModels.Create(adapted.Shape);
        LowRankMerge.Into(adapted.Parameters, adapted.Shape, plain.Parameters);

        var progress = new ProgressThrottle(events, clock);
        var vocabulary = Path.Combine(folder, HuggingFaceFiles.VocabularyFileName);
        var entry = PlainCheckpoint.Make(
            asked.Out, adapted.Shape, plain.Parameters.WeightViews, File.Exists(vocabulary) ? vocabulary : null, clock,
            (done, total) => progress.Report(new BuildProgress("merge", done, total, "bytes")), cancellationToken);
        events.Write("finished", new
        {
            Path = entry.Folder,
            Adapter = folder,
            Base = plainFolder,
            entry.Manifest.WeightsDigest,
            entry.Manifest.Bytes,
        });
        return 0;
    }
}
