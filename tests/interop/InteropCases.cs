using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.InteropTests.Protos;
using Xunit;

namespace Orchestrator.InteropTests;

/// <summary>The client's side of the interoperability suite, case by case.</summary>
/// <param name="address">The server.</param>
/// <param name="serverSeesCompression">Whether the server can tell a compressed request from another.</param>
/// <param name="handler">The transport, for TLS; null: plain HTTP/2.</param>
internal sealed class InteropCases(string address, bool serverSeesCompression, SocketsHttpHandler? handler = null) : IDisposable
{
    private const string SpecialMessage = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

    private readonly EncodingRecorder _recorder = new(handler ?? new SocketsHttpHandler());
    private GrpcChannel? _channel;

    /// <summary>All cases by their names in the suite.</summary>
    public static IReadOnlyDictionary<string, Func<InteropCases, Task>> All { get; } = new SortedDictionary<string, Func<InteropCases, Task>>(StringComparer.Ordinal)
    {
        ["empty_unary"] = cases => cases.EmptyUnary(),
        ["large_unary"] = cases => cases.LargeUnary(),
        ["client_streaming"] = cases => cases.ClientStreaming(),
        ["server_streaming"] = cases => cases.ServerStreaming(),
        ["ping_pong"] = cases => cases.PingPong(),
        ["empty_stream"] = cases => cases.EmptyStream(),
        ["client_compressed_unary"] = cases => cases.ClientCompressedUnary(),
        ["server_compressed_unary"] = cases => cases.ServerCompressedUnary(),
        ["client_compressed_streaming"] = cases => cases.ClientCompressedStreaming(),
        ["server_compressed_streaming"] = cases => cases.ServerCompressedStreaming(),
        ["timeout_on_sleeping_server"] = cases => cases.TimeoutOnSleepingServer(),
        ["cancel_after_begin"] = cases => cases.CancelAfterBegin(),
        ["cancel_after_first_response"] = cases => cases.CancelAfterFirstResponse(),
        ["status_code_and_message"] = cases => cases.StatusCodeAndMessage(),
        ["special_status_message"] = cases => cases.SpecialStatusMessage(),
        ["unimplemented_method"] = cases => cases.UnimplementedMethod(),
        ["unimplemented_service"] = cases => cases.UnimplementedServiceCall(),
        ["custom_metadata"] = cases => cases.CustomMetadata(),
    };

    private GrpcChannel Channel => _channel ??= GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = _recorder, DisposeHttpClient = true });

    private TestService.TestServiceClient Client => new(Channel);

    private static Metadata Gzip => new() { { "grpc-internal-encoding-request", "gzip" } };

    public void Dispose()
    {
        _channel?.Dispose();
        _recorder.Dispose();
    }

    private static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    private static StreamingOutputCallRequest Ask(params int[] sizes)
    {
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.AddRange(sizes.Select(size => new ResponseParameters { Size = size }));
        return request;
    }

    private static async Task<RpcException> FailsAsync(Func<Task> call) => await Assert.ThrowsAsync<RpcException>(call);

    private async Task EmptyUnary() => Assert.Equal(new Empty(), await Client.EmptyCallAsync(new Empty()));

    private async Task LargeUnary()
    {
        var response = await Client.UnaryCallAsync(new SimpleRequest { ResponseSize = 314159, Payload = Zeros(271828) });
        Assert.Equal(Zeros(314159), response.Payload);
    }

    private async Task ClientStreaming()
    {
        using var call = Client.StreamingInputCall();
        foreach (var size in new[] { 27182, 8, 1828, 45904 })
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) });
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(74922, (await call).AggregatedPayloadSize);
    }

    private async Task ServerStreaming()
    {
        using var call = Client.StreamingOutputCall(Ask(31415, 9, 2653, 58979));
        Assert.Equal([31415, 9, 2653, 58979], await SizesAsync(call.ResponseStream));
    }

    private async Task PingPong()
    {
        using var call = Client.FullDuplexCall();
        foreach (var (ask, send) in new[] { (31415, 27182), (9, 8), (2653, 1828), (58979, 45904) })
        {
            var request = Ask(ask);
            request.Payload = Zeros(send);
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(ask, call.ResponseStream.Current.Payload.Body.Length);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private async Task EmptyStream()
    {
        using var call = Client.FullDuplexCall();
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    private async Task ClientCompressedUnary()
    {
        var request = new SimpleRequest { ResponseSize = 314159, Payload = Zeros(271828), ExpectCompressed = new BoolValue { Value = true } };
        if (serverSeesCompression)
        {
            Assert.Equal(StatusCode.InvalidArgument, (await FailsAsync(async () => await Client.UnaryCallAsync(request))).StatusCode);
        }

        Assert.Equal(314159, (await Client.UnaryCallAsync(request, Gzip)).Payload.Body.Length);
        request.ExpectCompressed = new BoolValue { Value = false };
        Assert.Equal(314159, (await Client.UnaryCallAsync(request)).Payload.Body.Length);
    }

    private async Task ServerCompressedUnary()
    {
        foreach (var compressed in new[] { true, false })
        {
            var request = new SimpleRequest
            {
                ResponseSize = 314159,
                Payload = Zeros(271828),
                ResponseCompressed = new BoolValue { Value = compressed },
            };
            Assert.Equal(Zeros(314159), (await Client.UnaryCallAsync(request)).Payload);
            Assert.Equal(compressed, _recorder.LastEncoding == "gzip");
        }
    }

    private async Task ClientCompressedStreaming()
    {
        using var call = Client.StreamingInputCall(Gzip);
        await call.RequestStream.WriteAsync(
            new StreamingInputCallRequest { ExpectCompressed = new BoolValue { Value = true }, Payload = Zeros(27182) });
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(
            new StreamingInputCallRequest { ExpectCompressed = new BoolValue { Value = false }, Payload = Zeros(45904) });
        await call.RequestStream.CompleteAsync();
        Assert.Equal(73086, (await call).AggregatedPayloadSize);
    }

    private async Task ServerCompressedStreaming()
    {
        var request = Ask(31415, 92653);
        request.ResponseParameters[0].Compressed = new BoolValue { Value = true };
        request.ResponseParameters[1].Compressed = new BoolValue { Value = false };
        using var call = Client.StreamingOutputCall(request);
        Assert.Equal([31415, 92653], await SizesAsync(call.ResponseStream));
        Assert.Equal("gzip", _recorder.LastEncoding);
    }

    private async Task TimeoutOnSleepingServer()
    {
        using var call = Client.FullDuplexCall(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(1));
        try
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Zeros(27182) });
        }
        catch (RpcException)
        {
            // The deadline may pass before the write.
        }

        Assert.Equal(StatusCode.DeadlineExceeded, (await FailsAsync(() => call.ResponseStream.MoveNext())).StatusCode);
    }

    private async Task CancelAfterBegin()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = Client.StreamingInputCall(cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await FailsAsync(async () => await call)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    private async Task CancelAfterFirstResponse()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = Client.FullDuplexCall(cancellationToken: cancellation.Token);
        var request = Ask(31415);
        request.Payload = Zeros(27182);
        await call.RequestStream.WriteAsync(request);
        Assert.True(await call.ResponseStream.MoveNext());
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await FailsAsync(() => call.ResponseStream.MoveNext())).StatusCode);
    }

    private Task StatusCodeAndMessage() => FailsWithAsync("test status message");

    private Task SpecialStatusMessage() => FailsWithAsync(SpecialMessage);

    private async Task FailsWithAsync(string message)
    {
        var status = new EchoStatus { Code = 2, Message = message };
        var unary = await FailsAsync(async () => await Client.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }));
        Assert.Equal((StatusCode.Unknown, message), (unary.StatusCode, unary.Status.Detail));

        using var call = Client.FullDuplexCall();
        var duplex = await FailsAsync(async () =>
        {
            // The server may have ended the call before the write returns; then the write says how.
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status });
            await call.RequestStream.CompleteAsync();
            await call.ResponseStream.MoveNext();
        });
        Assert.Equal((StatusCode.Unknown, message), (duplex.StatusCode, duplex.Status.Detail));
    }

    private async Task UnimplementedMethod() => Assert.Equal(
        StatusCode.Unimplemented, (await FailsAsync(async () => await Client.UnimplementedCallAsync(new Empty()))).StatusCode);

    private async Task UnimplementedServiceCall() => Assert.Equal(
        StatusCode.Unimplemented,
        (await FailsAsync(async () => await new UnimplementedService.UnimplementedServiceClient(Channel).UnimplementedCallAsync(new Empty()))).StatusCode);

    private async Task CustomMetadata()
    {
        var metadata = new Metadata
        {
            { "x-grpc-test-echo-initial", "test_initial_metadata_value" },
            { "x-grpc-test-echo-trailing-bin", [0xab, 0xab, 0xab] },
        };
        using var unary = Client.UnaryCallAsync(new SimpleRequest { ResponseSize = 314159, Payload = Zeros(271828) }, metadata);
        await unary;
        Check(await unary.ResponseHeadersAsync, unary.GetTrailers());

        using var duplex = Client.FullDuplexCall(metadata);
        await duplex.RequestStream.WriteAsync(Ask(31415));
        await duplex.RequestStream.CompleteAsync();
        Assert.Equal([31415], await SizesAsync(duplex.ResponseStream));
        Check(await duplex.ResponseHeadersAsync, duplex.GetTrailers());

        static void Check(Metadata headers, Metadata trailers)
        {
            Assert.Equal("test_initial_metadata_value", headers.GetValue("x-grpc-test-echo-initial"));
            Assert.Equal([0xab, 0xab, 0xab], trailers.GetValueBytes("x-grpc-test-echo-trailing-bin"));
        }
    }

    private static async Task<List<int>> SizesAsync(IAsyncStreamReader<StreamingOutputCallResponse> responses)
    {
        var sizes = new List<int>();
        await foreach (var response in responses.ReadAllAsync())
        {
            sizes.Add(response.Payload.Body.Length);
        }

        return sizes;
    }

    /// <summary>Sees the compression that a server named, which the API does not show.</summary>
    private sealed class EncodingRecorder(SocketsHttpHandler transport) : DelegatingHandler(transport)
    {
        public string? LastEncoding { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            LastEncoding = response.Headers.TryGetValues("grpc-encoding", out var values) ? values.Single() : null;
            return response;
        }
    }
}
