using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Services;

/// <summary>Wire edge of the rendezvous store.</summary>
internal sealed class RendezvousService(RendezvousRooms rooms, Conductor conductor, IHostApplicationLifetime lifetime) : Rendezvous.RendezvousBase
{
    private const int MaxKey = 1024;
    private const int MaxValue = 1 << 20;

    public override Task<RendezvousSetReply> Set(RendezvousSetRequest request, ServerCallContext context) => In(request.Scope, room =>
    {
        RequireKey(request.Key);
        RpcEdge.Require(request.Value.Length <= MaxValue, $"value must have at most {MaxValue} bytes, had {request.Value.Length}");
        room.Set(request.Key, request.Value.ToByteArray());
        return Task.FromResult(new RendezvousSetReply());
    });

    public override Task<RendezvousValue> Get(RendezvousGetRequest request, ServerCallContext context) => In(request.Scope, room =>
        Task.FromResult(new RendezvousValue
        {
            Value = ByteString.CopyFrom(room.Get(request.Key) ?? throw RpcEdge.Failure(StatusCode.NotFound, $"nobody has set {request.Key}")),
        }));

    public override Task<RendezvousWaitReply> Wait(RendezvousWaitRequest request, ServerCallContext context) => In(request.Scope, async room =>
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await room.WaitAsync(request.Keys, ending.Token);
            return new RendezvousWaitReply();
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw RpcEdge.Failure(StatusCode.Unavailable, "the coordinator is stopping; try again");
        }
        catch (OperationCanceledException)
        {
            throw RpcEdge.Failure(StatusCode.DeadlineExceeded, "the keys did not come in time");
        }
    });

    public override Task<RendezvousAddReply> Add(RendezvousAddRequest request, ServerCallContext context) => In(request.Scope, room =>
    {
        RequireKey(request.Key);
        return Task.FromResult(new RendezvousAddReply { Sum = room.Add(request.Key, request.Amount) });
    });

    private Task<T> In<T>(RendezvousScope? scope, Func<Room, Task<T>> work)
    {
        RpcEdge.Require(scope is not null, "scope must name a run and a generation");
        RpcEdge.Lead(conductor);
        return RpcEdge.Answer(() => work(rooms.Enter(scope!.RunId, scope.Generation)));
    }

    private static void RequireKey(string key) => RpcEdge.Require(key.Length is > 0 and <= MaxKey, $"key must have 1 to {MaxKey} characters, had {key.Length}");
}
