using Grpc.Core;
using Orchestrator.Tests.Compat.Protos;
using Xunit;

namespace Orchestrator.Tests.Compat.Grpc;

public sealed class CallKindTests
{
    [Fact]
    public async Task A_unary_call_returns_its_response()
    {
        await using var server = await TestServer.StartAsync(new EchoService());
        var client = new Echo.EchoClient(server.Channel);

        using var call = client.UnaryAsync(new EchoRequest { Text = "hello" });

        Assert.Equal("hello", (await call).Text);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Empty(call.GetTrailers());
        Assert.Equal("again", client.Unary(new EchoRequest { Text = "again" }).Text);
    }

    [Fact]
    public async Task A_stream_of_requests_is_answered_once()
    {
        await using var server = await TestServer.StartAsync(new EchoService());
        using var call = new Echo.EchoClient(server.Channel).Collect();
        foreach (var word in new[] { "one", "two", "three" })
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = word });
        }

        await call.RequestStream.CompleteAsync();

        Assert.Equal("one two three", (await call).Text);
    }

    [Fact]
    public async Task One_request_is_answered_by_a_stream()
    {
        await using var server = await TestServer.StartAsync(new EchoService());
        using var call = new Echo.EchoClient(server.Channel).Repeat(new EchoRequest { Text = "line", Times = 3 });

        var texts = new List<string>();
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
        {
            texts.Add(reply.Text);
        }

        Assert.Equal(["line 0", "line 1", "line 2"], texts);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Both_streams_of_a_duplex_call_take_turns()
    {
        await using var server = await TestServer.StartAsync(new EchoService());
        using var call = new Echo.EchoClient(server.Channel).Chat();
        for (var i = 0; i < 5; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"turn {i}" });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal($"turn {i}", call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext());
    }
}
