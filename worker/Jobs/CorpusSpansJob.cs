using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data.Objectives;

namespace Orchestrator.Worker.Jobs;

/// <summary>Writes a corpus's sentences with their salient spans.</summary>
internal sealed class CorpusSpansJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => CorpusSpansRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CorpusSpansRequest>(request);
        asked.Validate();
        foreach (var split in SalientSpanFile.Write(asked, new ProgressThrottle(events, clock).Report, cancellationToken))
        {
            events.Write("spans", new
            {
                Split = split.Name,
                File = Path.Combine(asked.Out, split.Name + ".jsonl"),
                split.Sentences,
                split.Spans,
                split.Plain,
                split.TooLong,
            });
        }

        return 0;
    }
}
