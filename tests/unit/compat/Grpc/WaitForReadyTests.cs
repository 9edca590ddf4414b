using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Orchestrator.Tests.Compat.Protos;
using Xunit;

namespace Orchestrator.Tests.Compat.Grpc;

public sealed class WaitForReadyTests : IDisposable
{
    private readonly LogRecorder _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Calls_that_wait_for_their_server_are_served_by_one_that_starts_late()
    {
        var port = FreePort();
        using var channel = Channel(port);
        var client = new Echo.EchoClient(channel);
        var options = new CallOptions(deadline: In(TimeSpan.FromSeconds(60))).WithWaitForReady();
        var unary = client.UnaryAsync(new EchoRequest { Text = "early" }, options);
        using var chat = client.Chat(options);
        var written = chat.RequestStream.WriteAsync(new EchoRequest { Text = "first" });
        await _log.LineWith("/Unary' waits");
        await _log.LineWith("/Chat' waits");

        await using var server = await TestServer.StartAsync(new EchoService(), port: port);

        Assert.Equal("early", (await unary).Text);
        await written;
        Assert.True(await chat.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal("first", chat.ResponseStream.Current.Text);
    }

    [Fact]
    public async Task A_call_waits_for_its_server_no_longer_than_to_its_deadline()
    {
        using var channel = Channel(FreePort());
        var options = new CallOptions(deadline: In(TimeSpan.FromMilliseconds(300))).WithWaitForReady();

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await new Echo.EchoClient(channel).UnaryAsync(new EchoRequest(), options));

        Assert.Equal(StatusCode.DeadlineExceeded, fault.StatusCode);
        Assert.Equal(0, channel.ActiveCalls);
        Assert.Contains(_log.Lines, line => line.Level == LogLevel.Warning && line.Text.Contains("exceeded its deadline", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_that_waits_for_its_server_can_be_cancelled()
    {
        using var channel = Channel(FreePort());
        using var cancelled = new CancellationTokenSource();
        var call = new Echo.EchoClient(channel).UnaryAsync(new EchoRequest(), new CallOptions(cancellationToken: cancelled.Token).WithWaitForReady());
        await _log.LineWith("waits");

        await cancelled.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
    }

    [Fact]
    public async Task A_channel_logs_what_its_calls_come_to()
    {
        await using var server = await TestServer.StartAsync(new EchoService(), mapService: false, channel: new GrpcChannelOptions { LoggerFactory = _log });
        using var nowhere = Channel(FreePort());

        await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryAsync(new EchoRequest()));
        await Assert.ThrowsAsync<RpcException>(async () => await new Echo.EchoClient(nowhere).UnaryAsync(new EchoRequest()));

        Assert.StartsWith("Grpc.Net.Client", _log.Category, StringComparison.Ordinal);
        Assert.Contains(_log.Lines, line => line.Level == LogLevel.Debug && line.Text.StartsWith("Starting gRPC call", StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.Level == LogLevel.Information && line.Text.Contains("failed with Unimplemented", StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.Level == LogLevel.Error && line.Text.StartsWith("Error starting gRPC call", StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.Level == LogLevel.Information && line.Text.Contains("failed with Unavailable", StringComparison.Ordinal));
    }

    private GrpcChannel Channel(int port) => GrpcChannel.ForAddress($"http://127.0.0.1:{port}", new GrpcChannelOptions { LoggerFactory = _log });

    private static DateTime In(TimeSpan time) => TimeProvider.System.GetUtcNow().UtcDateTime + time;

    // Nobody listens there any more; another program could take it in between, which is unlikely within a test.
    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
