using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Tests.Compat.Protos;
using Xunit;

namespace Orchestrator.Tests.Compat.Grpc;

public sealed class CallSemanticsTests
{
    private const string Secret = "connection string of the database";

    [Fact]
    public async Task A_handlers_exception_is_Unknown_and_its_text_stays_on_the_server()
    {
        await using var server = await TestServer.StartAsync(new Scripted { OnUnary = (_, _) => throw new InvalidOperationException(Secret) });

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryAsync(new EchoRequest()));

        Assert.Equal((StatusCode.Unknown, "Exception was thrown by handler."), (fault.StatusCode, fault.Status.Detail));
        Assert.Contains(server.Errors, error => error.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Detailed_errors_tell_the_exception()
    {
        await using var server = await TestServer.StartAsync(
            new Scripted { OnUnary = (_, _) => throw new InvalidOperationException(Secret) }, options => options.EnableDetailedErrors = true);

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryAsync(new EchoRequest()));

        Assert.Equal($"Exception was thrown by handler. InvalidOperationException: {Secret}", fault.Status.Detail);
    }

    [Fact]
    public async Task A_status_travels_with_its_detail_and_trailers()
    {
        await using var server = await TestServer.StartAsync(new Scripted
        {
            OnUnary = (_, context) =>
            {
                context.ResponseTrailers.Add("from-context", "1");
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "stale: 50 % of ☺"), new Metadata { { "from-exception-bin", [0, 255] } });
            },
        });

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryAsync(new EchoRequest()));

        Assert.Equal((StatusCode.FailedPrecondition, "stale: 50 % of ☺"), (fault.StatusCode, fault.Status.Detail));
        Assert.Equal("1", fault.Trailers.GetValue("from-context"));
        Assert.Equal([0, 255], fault.Trailers.GetValueBytes("from-exception-bin"));
    }

    [Fact]
    public async Task A_status_after_messages_reaches_the_reader_after_them()
    {
        await using var server = await TestServer.StartAsync(new Scripted
        {
            OnRepeat = async (_, responses, context) =>
            {
                await responses.WriteAsync(new EchoReply { Text = "one" });
                context.Status = new Status(StatusCode.DataLoss, "half");
            },
        });
        using var call = server.Client.Repeat(new EchoRequest());

        Assert.True(await call.ResponseStream.MoveNext());
        var fault = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal((StatusCode.DataLoss, "half"), (fault.StatusCode, fault.Status.Detail));
    }

    [Fact]
    public async Task Metadata_goes_both_ways_with_repeated_keys_and_bytes()
    {
        await using var server = await TestServer.StartAsync(new Scripted
        {
            OnUnary = async (_, context) =>
            {
                var headers = new Metadata();
                foreach (var entry in context.RequestHeaders.Where(entry => entry.Key.StartsWith("x-", StringComparison.Ordinal)))
                {
                    headers.Add(entry);
                }

                await context.WriteResponseHeadersAsync(headers);
                return new EchoReply { Text = context.Peer + " " + context.Method };
            },
        });
        var sent = new Metadata { { "x-twice", "a" }, { "x-twice", "b" }, { "x-bytes-bin", [0, 1, 254, 255] } };
        using var call = server.Client.UnaryAsync(new EchoRequest(), sent);

        var headers = await call.ResponseHeadersAsync;

        Assert.Equal(["a", "b"], headers.GetAll("x-twice").SelectMany(entry => entry.Value.Split(", ")));
        Assert.Equal([0, 1, 254, 255], headers.GetValueBytes("x-bytes-bin"));
        Assert.Matches(@"^ipv4:127\.0\.0\.1:\d+ /orchestrator\.tests\.Echo/Unary$", (await call).Text);
    }

    [Fact]
    public async Task The_deadline_reaches_the_handler_and_ends_the_call_on_both_sides()
    {
        var cancelled = new TaskCompletionSource<DateTime>();
        await using var server = await TestServer.StartAsync(new Scripted
        {
            OnUnary = async (_, context) =>
            {
                await Until(context.CancellationToken).ContinueWith(_ => cancelled.TrySetResult(context.Deadline), TaskScheduler.Default);
                return new EchoReply();
            },
        });
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(200);

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryAsync(new EchoRequest(), deadline: deadline));

        Assert.Equal(StatusCode.DeadlineExceeded, fault.StatusCode);
        Assert.InRange(await cancelled.Task, deadline.AddSeconds(-5), deadline.AddSeconds(5));
    }

    [Fact]
    public async Task The_server_keeps_the_deadline_by_itself_while_its_handler_does_not_listen()
    {
        var release = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(new Scripted
        {
            OnRepeat = async (_, responses, _) =>
            {
                await responses.WriteAsync(new EchoReply { Text = "first" });
                await release.Task;
                await Assert.ThrowsAnyAsync<Exception>(() => responses.WriteAsync(new EchoReply()));
            },
        });
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());

        var answer = await RawCall.PostAsync(http, server.Address + "/orchestrator.tests.Echo/Repeat", RawCall.Frame([]), headers: ("grpc-timeout", "100m"));

        Assert.Equal(StatusCode.DeadlineExceeded, answer.Status);
        release.SetResult();
    }

    [Fact]
    public async Task A_deadline_in_the_past_never_reaches_the_server()
    {
        var called = false;
        await using var server = await TestServer.StartAsync(new Scripted { OnUnary = (_, _) => { called = true; return Task.FromResult(new EchoReply()); } });

        var fault = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Client.UnaryAsync(new EchoRequest(), deadline: DateTime.UnixEpoch));

        Assert.Equal((StatusCode.DeadlineExceeded, false), (fault.StatusCode, called));
        Assert.Throws<InvalidOperationException>(() => server.Client.UnaryAsync(new EchoRequest(), deadline: new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Local)));
    }

    [Theory]
    [InlineData("token")]
    [InlineData("dispose")]
    [InlineData("read token")]
    [InlineData("channel")]
    public async Task Cancelling_ends_the_call_on_both_sides(string how)
    {
        var seen = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(new Scripted
        {
            OnChat = async (requests, responses, context) =>
            {
                await responses.WriteAsync(new EchoReply { Text = "ready" });
                await Until(context.CancellationToken).ContinueWith(_ => seen.TrySetResult(), TaskScheduler.Default);
            },
        });
        using var callToken = new CancellationTokenSource();
        using var readToken = new CancellationTokenSource();
        using var call = server.Client.Chat(cancellationToken: callToken.Token);
        Assert.True(await call.ResponseStream.MoveNext());
        var reading = call.ResponseStream.MoveNext(readToken.Token);

        switch (how)
        {
            case "token":
                await callToken.CancelAsync();
                break;
            case "read token":
                await readToken.CancelAsync();
                break;
            case "dispose":
                call.Dispose();
                break;
            default:
                server.Channel.Dispose();
                break;
        }

        var fault = await Assert.ThrowsAsync<RpcException>(() => reading);
        Assert.Equal((StatusCode.Cancelled, StatusCode.Cancelled), (fault.StatusCode, call.GetStatus().StatusCode));
        await seen.Task;
        var write = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new EchoRequest()));
        Assert.Equal(StatusCode.Cancelled, write.StatusCode);
        Assert.Equal(0, server.Channel.ActiveCalls);
    }

    [Fact]
    public async Task A_channel_may_throw_OperationCanceledException_instead()
    {
        await using var server = await TestServer.StartAsync(
            new Scripted { OnUnary = async (_, context) => { await Until(context.CancellationToken); return new EchoReply(); } },
            channel: new GrpcChannelOptions { ThrowOperationCanceledOnCancellation = true });
        using var cancellation = new CancellationTokenSource(50);

        await Assert.ThrowsAsync<OperationCanceledException>(
            async () => await server.Client.UnaryAsync(new EchoRequest(), cancellationToken: cancellation.Token));
    }

    [Fact]
    public async Task A_message_may_be_as_large_as_the_limit_and_no_larger()
    {
        await using var server = await TestServer.StartAsync(new EchoService(), options => options.MaxReceiveMessageSize = 1000);
        static EchoRequest Sized(int size) => new() { Payload = ByteString.CopyFrom(new byte[size - 3]) };

        Assert.Equal(997, (await server.Client.UnaryAsync(Sized(1000))).Payload.Length);
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryAsync(Sized(1001)));

        Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
    }

    [Fact]
    public async Task Four_MiB_are_received_by_default_and_more_when_allowed()
    {
        await using var server = await TestServer.StartAsync(
            new EchoService(), options => options.MaxReceiveMessageSize = null, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        using var limited = GrpcChannel.ForAddress(server.Address);
        var large = new EchoRequest { Payload = ByteString.CopyFrom(new byte[9 * 1024 * 1024]) };

        Assert.Equal(large.Payload, (await server.Client.UnaryAsync(large)).Payload);
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await new Echo.EchoClient(limited).UnaryAsync(large));

        Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
    }

    [Fact]
    public async Task A_message_above_the_limit_of_sending_is_not_sent()
    {
        await using var server = await TestServer.StartAsync(
            new EchoService(), options => options.MaxSendMessageSize = 500, new GrpcChannelOptions { MaxSendMessageSize = 1000 });
        using var limited = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { MaxSendMessageSize = 100 });
        var request = new EchoRequest { Payload = ByteString.CopyFrom(new byte[700]) };

        var byClient = await Assert.ThrowsAsync<RpcException>(async () => await new Echo.EchoClient(limited).UnaryAsync(request));
        var byServer = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryAsync(request));

        Assert.Equal(StatusCode.ResourceExhausted, byClient.StatusCode);
        Assert.Equal(StatusCode.ResourceExhausted, byServer.StatusCode);
    }

    [Fact]
    public async Task A_handler_that_ends_early_stops_the_stream_of_requests()
    {
        await using var server = await TestServer.StartAsync(new Scripted
        {
            OnCollect = (_, _) => throw new RpcException(new Status(StatusCode.PermissionDenied, "no")),
        });
        using var call = server.Client.Collect();

        var write = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(new EchoRequest { Payload = ByteString.CopyFrom(new byte[10_000]) });
            }
        });
        var response = await Assert.ThrowsAsync<RpcException>(async () => await call);

        Assert.Equal((StatusCode.PermissionDenied, StatusCode.PermissionDenied), (write.StatusCode, response.StatusCode));
    }

    [Fact]
    public async Task A_reader_that_does_not_read_holds_the_writer_back()
    {
        var written = 0;
        await using var server = await TestServer.StartAsync(new Scripted
        {
            OnRepeat = async (_, responses, context) =>
            {
                for (; written < 1000; Interlocked.Increment(ref written))
                {
                    await responses.WriteAsync(new EchoReply { Payload = ByteString.CopyFrom(new byte[100_000]) }, context.CancellationToken);
                }
            },
        });
        using var call = server.Client.Repeat(new EchoRequest());
        Assert.True(await call.ResponseStream.MoveNext());

        // The window and the buffers are far smaller than the 100 MB that wait.
        var before = -1;
        while (before != Volatile.Read(ref written))
        {
            before = Volatile.Read(ref written);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        Assert.InRange(before, 1, 500);
        while (await call.ResponseStream.MoveNext())
        {
            Assert.Equal(100_000, call.ResponseStream.Current.Payload.Length);
        }
    }

    private static Task Until(CancellationToken cancellationToken) =>
        Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
}
