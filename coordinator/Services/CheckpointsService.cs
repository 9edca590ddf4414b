using Grpc.Core;
using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Services;

/// <summary>Wire edge of checkpoints: word that one stands, and which do.</summary>
internal sealed class CheckpointsService(Conductor conductor, IRunStore store) : Checkpoints.CheckpointsBase
{
    public override Task<CommitCheckpointReply> Commit(CommitCheckpointRequest request, ServerCallContext context) => RpcEdge.Answer(() =>
    {
        RpcEdge.Require(request.Checkpoint is not null, "checkpoint must be there");
        RpcEdge.Require(request.Checkpoint!.Path.Length > 0, "checkpoint.path must be there");
        return conductor.AskAsync(
            state =>
            {
                state.Save(request.RunId, request.Generation, request.Checkpoint, request.RemovedSteps);
                return new CommitCheckpointReply();
            },
            context.CancellationToken);
    });

    public override Task<ListCheckpointsReply> List(ListCheckpointsRequest request, ServerCallContext context) => RpcEdge.Answer(async () =>
    {
        await conductor.AskAsync(state => state.Describe(request.RunId), context.CancellationToken);
        var reply = new ListCheckpointsReply();
        reply.Checkpoints.Add(store.Checkpoints(request.RunId));
        return reply;
    });
}
