using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Checkpoints;

namespace Orchestrator.Worker.Jobs;

/// <summary>Compares the weights of two folders.</summary>
internal sealed class CheckpointDiffJob : IJob
{
    /// <inheritdoc/>
    public string Name => CheckpointDiffRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CheckpointDiffRequest>(request);
        asked.Validate();
        using var first = new SafetensorsFolder(ModelFolders.Resolve(asked.First, verify: false, Console.Error.WriteLine));
        using var second = new SafetensorsFolder(ModelFolders.Resolve(asked.Second, verify: false, Console.Error.WriteLine));
        var (count, different) = (0, 0);
        foreach (var tensor in CheckpointDiff.Compare(first, second))
        {
            cancellationToken.ThrowIfCancellationRequested();
            count++;
            different += tensor.Same ? 0 : 1;
            events.Write("tensor", tensor);
        }

        events.Write("finished", new
        {
            Tensors = count,
            Different = different,
            First = new { Path = first.Folder, Digest = CheckpointDiff.Digest(first) },
            Second = new { Path = second.Folder, Digest = CheckpointDiff.Digest(second) },
        });
        if (different > 0)
        {
            events.Write("error", new { Message = $"{different} of {count} weights differ." });
            return 1;
        }

        return 0;
    }
}
