using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Worker.Jobs;

/// <summary>Text goes in, a spiece.model comes out.</summary>
internal sealed class VocabTrainJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => VocabTrainRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<VocabTrainRequest>(request);
        var (tokenizer, lines, bytes) = VocabularyBuilder.Build(asked, new ProgressThrottle(events, clock).Report, cancellationToken);
        using (tokenizer)
        {
            events.Write("finished", new { asked.Out, Pieces = tokenizer.PieceCount, Sha256 = tokenizer.Digest, Lines = lines, Bytes = bytes });
        }

        return 0;
    }
}
