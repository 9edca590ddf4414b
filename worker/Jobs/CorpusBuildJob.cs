using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Worker.Jobs;

/// <summary>Text goes in, a corpus folder comes out.</summary>
internal sealed class CorpusBuildJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => CorpusBuildRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CorpusBuildRequest>(request);
        var result = CorpusBuilder.Build(asked, new ProgressThrottle(events, clock).Report, cancellationToken);
        if (result.Skipped)
        {
            events.Write("skipped", new { asked.Out });
        }

        events.Write("report", result.Report);
        events.Write("finished", new
        {
            asked.Out,
            result.Skipped,
            result.Manifest.Fingerprint,
            result.Manifest.Vocabulary.Pieces,
            Train = CorpusEvents.Split(result.Manifest.Train),
            Validation = CorpusEvents.Split(result.Manifest.Validation),
            result.Baselines.UnigramEntropy,
            result.Baselines.BigramEntropy,
        });
        return 0;
    }
}
