using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Checkpoints;

namespace Orchestrator.Worker.Jobs;

/// <summary>Names the checkpoints of a folder.</summary>
internal sealed class CheckpointListJob : IJob
{
    /// <inheritdoc/>
    public string Name => CheckpointListRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CheckpointListRequest>(request);
        asked.Validate();
        if (!Directory.Exists(asked.Folder))
        {
            throw new BadInputException($"folder: '{asked.Folder}' does not exist; name a run's folder.");
        }

        var faults = new List<CheckpointFault>();
        var entries = CheckpointCatalog.List(CheckpointCatalog.Root(asked.Folder), faults);
        // The newest knows which one is best.
        var evaluation = entries.Count > 0 ? entries[0].Manifest.Evaluation : null;
        var lines = entries.Select(entry => (entry.Manifest.Step, Payload: (object)new
        {
            entry.Manifest.Step,
            Path = entry.Folder,
            entry.Manifest.Bytes,
            entry.Manifest.WeightsDigest,
            Best = evaluation is not null && evaluation.Record.BestStep == entry.Manifest.Step
                ? new { evaluation.Metric, Value = evaluation.Record.BestValue }
                : null,
        })).Concat(faults.Select(fault => (Step: CheckpointNames.Step(Folder(fault)) ?? 0, Payload: (object)new
        {
            Step = CheckpointNames.Step(Folder(fault)),
            Path = Path.GetDirectoryName(fault.File),
            fault.Fault,
        })));
        foreach (var (_, payload) in lines.OrderBy(line => line.Step))
        {
            events.Write("checkpoint", payload);
        }

        events.Write("finished", new { entries.Count });
        return 0;
    }

    private static string Folder(CheckpointFault fault) => Path.GetFileName(Path.GetDirectoryName(fault.File)) ?? "";
}
