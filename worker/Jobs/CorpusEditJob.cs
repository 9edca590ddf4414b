using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Worker.Jobs;

/// <summary>Makes corpora of corpora: merges, splits, mixtures.</summary>
internal sealed class CorpusEditJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => CorpusEditRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CorpusEditRequest>(request);
        foreach (var (folder, manifest) in CorpusEditor.Edit(asked, new ProgressThrottle(events, clock).Report, cancellationToken))
        {
            events.Write("made", new
            {
                Out = folder,
                manifest.Fingerprint,
                Train = CorpusEvents.Split(manifest.Train),
                Validation = CorpusEvents.Split(manifest.Validation),
            });
        }

        return 0;
    }
}
