using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Worker.Jobs;

/// <summary>Writes a checkpoint's model as a Hugging Face folder.</summary>
internal sealed class CheckpointExportJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => CheckpointExportRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CheckpointExportRequest>(request);
        asked.Validate();
        NewFolder.Require(asked.Out);
        var progress = new ProgressThrottle(events, clock);
        var source = ModelFolders.Resolve(asked.Checkpoint, verify: true, Console.Error.WriteLine);
        var files = HuggingFaceExport.Export(
            source, asked.Out, asked.Dtype, asked.MaxShardBytes, (done, total) => progress.Report(new BuildProgress("export", done, total, "bytes")), cancellationToken);
        events.Write("finished", new
        {
            Path = asked.Out,
            Source = source,
            Files = files,
            asked.Dtype,
            Vocabulary = File.Exists(Path.Combine(asked.Out, HuggingFaceFiles.VocabularyFileName)),
        });
        return 0;
    }
}
