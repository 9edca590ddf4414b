using Grpc.Core;
using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Services;

/// <summary>Wire edge of checkpoints: leave to write one, and word that it stands.</summary>
internal sealed class CheckpointsService(Conductor conductor, IRunStore store) : Checkpoints.CheckpointsBase
{
    public override Task<BeginCheckpointReply> Begin(BeginCheckpointRequest request, ServerCallContext context) => RpcEdge.Answer(() =>
    {
        RpcEdge.Require(request.Step >= 0, $"step must be at least 0, was {request.Step}");
        return conductor.AskAsync(
            state =>
            {
                state.RequireGeneration(request.RunId, request.Generation);
                return new BeginCheckpointReply();
            },
            context.CancellationToken);
    });

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
