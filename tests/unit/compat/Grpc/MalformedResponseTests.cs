using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orchestrator.Tests.Compat.Protos;
using Xunit;

namespace Orchestrator.Tests.Compat.Grpc;

public sealed class MalformedResponseTests
{
    [Theory]
    [InlineData("bad flag", StatusCode.Internal)]
    [InlineData("truncated prefix", StatusCode.Internal)]
    [InlineData("truncated message", StatusCode.Internal)]
    [InlineData("garbage protobuf", StatusCode.Internal)]
    [InlineData("two messages", StatusCode.Internal)]
    [InlineData("no message", StatusCode.Internal)]
    [InlineData("no status", StatusCode.Internal)]
    [InlineData("too large", StatusCode.ResourceExhausted)]
    [InlineData("unknown status", StatusCode.Unknown)]
    [InlineData("unknown encoding", StatusCode.Unimplemented)]
    [InlineData("web page", StatusCode.Cancelled)]
    [InlineData("HTTP 401", StatusCode.Unauthenticated)]
    [InlineData("HTTP 403", StatusCode.PermissionDenied)]
    [InlineData("HTTP 404", StatusCode.Unimplemented)]
    [InlineData("HTTP 503", StatusCode.Unavailable)]
    [InlineData("HTTP 500", StatusCode.Unknown)]
    [InlineData("reset", StatusCode.Internal)]
    [InlineData("cancel", StatusCode.Cancelled)]
    public async Task A_malformed_response_ends_the_call_with_its_status(string fault, StatusCode expected)
    {
        var begun = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(
            new EchoService(), map: application => application.MapPost("/{**path}", context => Answer(context, fault, begun.Task)).WithOrder(-1));
        var client = new Echo.EchoClient(server.Channel);

        using var unary = client.UnaryAsync(new EchoRequest());
        using var duplex = client.Chat();
        await unary.ResponseHeadersAsync;
        await duplex.ResponseHeadersAsync;
        begun.SetResult();
        var first = await Assert.ThrowsAsync<RpcException>(async () => await unary);

        Assert.Equal(expected, first.StatusCode);
        Assert.Equal(expected, unary.GetStatus().StatusCode);
        if (fault is not ("two messages" or "no message"))
        {
            var second = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (await duplex.ResponseStream.MoveNext())
                {
                    Assert.NotNull(duplex.ResponseStream.Current);
                }
            });
            Assert.Equal(expected, second.StatusCode);
        }

        duplex.Dispose();
        Assert.Equal(0, server.Channel.ActiveCalls);
    }

    private static async Task Answer(HttpContext context, string fault, Task begun)
    {
        var response = context.Response;
        var message = new EchoReply { Text = "hello" }.ToByteArray();
        response.ContentType = fault == "web page" ? "text/html" : "application/grpc";
        if (fault.StartsWith("HTTP ", StringComparison.Ordinal))
        {
            response.StatusCode = int.Parse(fault[5..]);
            return;
        }

        if (fault == "unknown encoding")
        {
            response.Headers["grpc-encoding"] = "snappy";
        }

        var body = fault switch
        {
            "bad flag" => RawCall.Frame(message, flag: 7),
            "truncated prefix" => [0, 0],
            "truncated message" => RawCall.Frame(message)[..^1],
            "garbage protobuf" => RawCall.Frame([0xff, 0xff, 0xff]),
            "two messages" => [.. RawCall.Frame(message), .. RawCall.Frame(message)],
            "no message" => [],
            "too large" => RawCall.Frame(message, length: 5 * 1024 * 1024),
            "unknown encoding" => RawCall.Frame(message, flag: 1),
            _ => RawCall.Frame(message),
        };
        await response.Body.WriteAsync(body);
        await response.Body.FlushAsync();
        if (fault is "reset" or "cancel")
        {
            await begun;
            context.Features.Get<IHttpResetFeature>()!.Reset(fault == "reset" ? 2 : 8);
        }
        else if (fault != "no status")
        {
            response.AppendTrailer("grpc-status", fault == "unknown status" ? "99" : "0");
        }
    }
}
