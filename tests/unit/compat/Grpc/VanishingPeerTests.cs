using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Tests.Compat.Protos;
using Xunit;

namespace Orchestrator.Tests.Compat.Grpc;

public sealed class VanishingPeerTests
{
    private int _open;

    [Fact]
    public async Task Nobody_listening_is_Unavailable()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}");
        var client = new Echo.EchoClient(channel);
        using var collect = client.Collect();
        using var chat = client.Chat();

        Assert.Equal(StatusCode.Unavailable, (await FailsAsync(async () => await client.UnaryAsync(new EchoRequest()))).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await FailsAsync(async () => await collect)).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await FailsAsync(() => collect.RequestStream.WriteAsync(new EchoRequest()))).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await FailsAsync(() => chat.ResponseStream.MoveNext())).StatusCode);
        Assert.Equal(0, channel.ActiveCalls);
    }

    [Fact]
    public async Task A_cut_connection_is_Unavailable_to_all_its_calls_and_cancels_all_its_handlers()
    {
        await using var server = await StartAsync();
        using var proxy = new Proxy(server.Address);
        using var channel = GrpcChannel.ForAddress(proxy.Address);
        var calls = await OpenAsync(channel, 50);
        var unary = new Echo.EchoClient(channel).UnaryAsync(new EchoRequest());
        await UntilOpenAsync(51);

        proxy.Cut();

        foreach (var call in calls)
        {
            Assert.Equal(StatusCode.Unavailable, (await FailsAsync(() => call.ResponseStream.MoveNext())).StatusCode);
            Assert.Equal(StatusCode.Unavailable, (await FailsAsync(() => call.RequestStream.WriteAsync(new EchoRequest()))).StatusCode);
        }

        Assert.Equal(StatusCode.Unavailable, (await FailsAsync(async () => await unary)).StatusCode);
        Assert.Equal(0, channel.ActiveCalls);
        await UntilOpenAsync(0);
    }

    [Fact]
    public async Task A_peer_that_falls_silent_is_found_by_pings_on_both_sides()
    {
        await using var server = await StartAsync(limits =>
        {
            limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(1);
            limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(1);
        });
        using var proxy = new Proxy(server.Address);
        using var handler = new SocketsHttpHandler { KeepAlivePingDelay = TimeSpan.FromSeconds(1), KeepAlivePingTimeout = TimeSpan.FromSeconds(1) };
        using var channel = GrpcChannel.ForAddress(proxy.Address, new GrpcChannelOptions { HttpHandler = handler });
        var call = (await OpenAsync(channel, 1)).Single();

        proxy.FallSilent();

        Assert.Equal(StatusCode.Unavailable, (await FailsAsync(() => call.ResponseStream.MoveNext())).StatusCode);
        await UntilOpenAsync(0);
        Assert.Equal(0, channel.ActiveCalls);
    }

    [Fact]
    public async Task A_server_that_stops_ends_its_calls_and_a_new_one_on_its_port_serves_the_same_channel()
    {
        var server = await StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var call = (await OpenAsync(channel, 1)).Single();

        await server.DisposeAsync();
        var fault = await FailsAsync(() => call.ResponseStream.MoveNext());
        await using var next = await StartAsync(port: new Uri(server.Address).Port);
        var again = (await OpenAsync(channel, 1)).Single();

        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
        Assert.Equal("ready", again.ResponseStream.Current.Text);
    }

    [Fact]
    public async Task Hundreds_of_abandoned_calls_leave_nothing_behind()
    {
        await using var server = await StartAsync();
        var client = new Echo.EchoClient(server.Channel);
        long early = 0;
        for (var i = 0; i < 400; i++)
        {
            if (i == 100)
            {
                early = GC.GetTotalMemory(forceFullCollection: true);
            }

            using var call = client.Chat();
            if (i % 2 == 0)
            {
                Assert.True(await call.ResponseStream.MoveNext());
            }
        }

        await UntilOpenAsync(0);
        Assert.Equal(0, server.Channel.ActiveCalls);
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - early < 16 * 1024 * 1024);
    }

    private static async Task<RpcException> FailsAsync(Func<Task> call) => await Assert.ThrowsAsync<RpcException>(call);

    private static async Task<List<AsyncDuplexStreamingCall<EchoRequest, EchoReply>>> OpenAsync(GrpcChannel channel, int count)
    {
        var calls = Enumerable.Range(0, count).Select(_ => new Echo.EchoClient(channel).Chat()).ToList();
        foreach (var call in calls)
        {
            Assert.True(await call.ResponseStream.MoveNext());
        }

        return calls;
    }

    private async Task UntilOpenAsync(int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (Volatile.Read(ref _open) != count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);
        }
    }

    private Task<TestServer> StartAsync(Action<KestrelServerLimits>? limits = null, int port = 0) => TestServer.StartAsync(
        new Scripted
        {
            OnUnary = async (_, context) =>
            {
                await WaitAsync(context);
                return new EchoReply();
            },
            OnChat = async (_, responses, context) =>
            {
                await responses.WriteAsync(new EchoReply { Text = "ready" });
                await WaitAsync(context);
            },
        },
        services: services => services.Configure<KestrelServerOptions>(options => limits?.Invoke(options.Limits)),
        port: port);

    private async Task WaitAsync(ServerCallContext context)
    {
        Interlocked.Increment(ref _open);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
