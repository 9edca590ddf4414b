using System.Threading.Channels;
using Grpc.Core;
using Orchestrator.Coordinator.Hosting;
using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Services;

/// <summary>Wire edge of workers: one duplex session each.</summary>
internal sealed partial class WorkersService(
    Conductor conductor, CoordinatorSettings settings, ClusterOptions options, IHostApplicationLifetime lifetime, ILogger<WorkersService> logger)
    : Workers.WorkersBase
{
    // A plan for the longest look ahead takes a few messages; a worker that leaves this many unread is cut off.
    private const int OutboundMessages = 4096;

    public override async Task Session(IAsyncStreamReader<WorkerMessage> requestStream, IServerStreamWriter<CoordinatorMessage> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        if (!await requestStream.MoveNext(ending.Token) || requestStream.Current.Hello is not { } hello)
        {
            throw RpcEdge.Failure(StatusCode.InvalidArgument, "the first message of a session must be hello");
        }

        Check(hello);
        RpcEdge.Lead(conductor);
        var outbound = Channel.CreateBounded<CoordinatorMessage>(new BoundedChannelOptions(OutboundMessages) { SingleReader = true });
        await responseStream.WriteAsync(
            new CoordinatorMessage
            {
                Welcome = new Welcome
                {
                    CoordinatorVersion = settings.Version,
                    Instance = settings.Instance,
                    HeartbeatIntervalMs = (int)options.HeartbeatInterval.TotalMilliseconds,
                },
            },
            ending.Token);
        var session = await RpcEdge.Answer(() => conductor.AskAsync(state => state.Connect(hello, outbound.Writer), ending.Token));
        LogConnected(hello.WorkerId, hello.Host, hello.ProcessId);
        try
        {
            var writing = WriteAsync(outbound.Reader, responseStream, ending);
            await ReadAsync(hello.WorkerId, session, requestStream, ending.Token);
            await ending.CancelAsync();
            outbound.Writer.TryComplete();
            await writing;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException or ChannelClosedException)
        {
            // The connection broke or the coordinator stops; the worker comes back or is found missing.
        }
        finally
        {
            await ending.CancelAsync();
            outbound.Writer.TryComplete();
            LogDisconnected(hello.WorkerId);
            await DisconnectAsync(hello.WorkerId, session);
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw RpcEdge.Failure(StatusCode.Unavailable, "the coordinator is stopping; try again");
        }
    }

    private void Check(Hello hello)
    {
        RpcEdge.Require(hello.WorkerId.Length is > 0 and <= 128, "hello.worker_id must have 1 to 128 characters");
        RpcEdge.Require(hello.Host.Length <= 256, "hello.host must have at most 256 characters");
        if (hello.Version != settings.Version)
        {
            throw RpcEdge.Failure(StatusCode.FailedPrecondition,
                $"worker {hello.WorkerId} on {hello.Host} is of version {hello.Version} and the coordinator of version {settings.Version}; install the same version on both");
        }
    }

    private async Task ReadAsync(string workerId, long session, IAsyncStreamReader<WorkerMessage> requestStream, CancellationToken cancellationToken)
    {
        while (await requestStream.MoveNext(cancellationToken))
        {
            var message = requestStream.Current;
            await conductor.PostAsync(
                state =>
                {
                    if (!state.Hear(workerId, session, message))
                    {
                        LogUnusable(workerId, message.MessageCase);
                    }
                },
                cancellationToken);
        }
    }

    private static async Task WriteAsync(ChannelReader<CoordinatorMessage> outbound, IServerStreamWriter<CoordinatorMessage> responseStream, CancellationTokenSource ending)
    {
        try
        {
            // Hot: a wait that cannot be cancelled costs nothing; whoever ends the session completes the channel.
            while (await outbound.WaitToReadAsync(CancellationToken.None))
            {
                while (outbound.TryRead(out var message))
                {
                    await responseStream.WriteAsync(message, ending.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The reading side says why the session ends.
        }

        // The channel was completed: another session of this worker took over, or it did not read.
        await ending.CancelAsync();
    }

    private async Task DisconnectAsync(string workerId, long session)
    {
        try
        {
            await conductor.PostAsync(state => state.Disconnect(workerId, session), CancellationToken.None);
        }
        catch (ChannelClosedException)
        {
            // The coordinator has stopped; its next start waits for the worker.
        }
    }

    [LoggerMessage(1101, LogLevel.Information, "Worker {WorkerId} connected (host {Host}, process {ProcessId})")]
    private partial void LogConnected(string workerId, string host, int processId);

    [LoggerMessage(1102, LogLevel.Information, "Worker {WorkerId} is no longer connected")]
    private partial void LogDisconnected(string workerId);

    [LoggerMessage(1103, LogLevel.Warning, "Worker {WorkerId} sent a {Kind} that lacks a part; it was left out")]
    private partial void LogUnusable(string workerId, WorkerMessage.MessageOneofCase kind);
}
