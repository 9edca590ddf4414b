using Grpc.Core;
using Orchestrator.Tests.Compat.Protos;

namespace Orchestrator.Tests.Compat.Grpc;

/// <summary>A service whose methods are what a test says.</summary>
public sealed class Scripted : EchoService
{
    public Func<EchoRequest, ServerCallContext, Task<EchoReply>>? OnUnary { get; init; }

    public Func<IAsyncStreamReader<EchoRequest>, ServerCallContext, Task<EchoReply>>? OnCollect { get; init; }

    public Func<EchoRequest, IServerStreamWriter<EchoReply>, ServerCallContext, Task>? OnRepeat { get; init; }

    public Func<IAsyncStreamReader<EchoRequest>, IServerStreamWriter<EchoReply>, ServerCallContext, Task>? OnChat { get; init; }

    public override Task<EchoReply> Unary(EchoRequest request, ServerCallContext context) =>
        OnUnary?.Invoke(request, context) ?? base.Unary(request, context);

    public override Task<EchoReply> Collect(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context) =>
        OnCollect?.Invoke(requestStream, context) ?? base.Collect(requestStream, context);

    public override Task Repeat(EchoRequest request, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context) =>
        OnRepeat?.Invoke(request, responseStream, context) ?? base.Repeat(request, responseStream, context);

    public override Task Chat(
        IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context) =>
        OnChat?.Invoke(requestStream, responseStream, context) ?? base.Chat(requestStream, responseStream, context);
}
