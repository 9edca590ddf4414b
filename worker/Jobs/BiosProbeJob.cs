using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Knowledge.Probing;

namespace Orchestrator.Worker.Jobs;

/// <summary>Probes what a frozen model tells of people, linearly.</summary>
internal sealed class BiosProbeJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => BiosProbeRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<BiosProbeRequest>(request);
        asked.Validate();
        var begin = clock.GetTimestamp();
        using var loaded = LoadedModel.Open(asked.Checkpoint, shape => BioProbe.AdaptationOf(shape, asked));
        var progress = new ProgressThrottle(events, clock);
        events.Write("probe", BioProbe.Run(loaded.Model, loaded.Tokenizer, asked, progress.Report, cancellationToken));
        events.Write("finished", new { Checkpoint = loaded.Folder, loaded.Step, Seconds = clock.GetElapsedTime(begin).TotalSeconds });
        return 0;
    }
}
