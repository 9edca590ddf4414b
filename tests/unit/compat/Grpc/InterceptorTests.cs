using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Tests.Compat.Protos;
using Xunit;

namespace Orchestrator.Tests.Compat.Grpc;

public sealed class InterceptorTests
{
    [Fact]
    public async Task Server_interceptors_see_calls_of_every_kind_in_order_and_are_made_from_arguments_and_services()
    {
        var journal = new Journal();
        await using var server = await TestServer.StartAsync(
            new EchoService(),
            options =>
            {
                options.Interceptors.Add<Recording>("outer");
                options.Interceptors.Add<Recording>("inner");
            },
            services: services => services.AddSingleton(journal));

        await CallAllAsync(server.Client);

        Assert.Equal(
            ["outer Unary", "inner Unary", "outer ClientStreaming", "inner ClientStreaming", "outer ServerStreaming", "inner ServerStreaming", "outer DuplexStreaming", "inner DuplexStreaming"],
            journal.Lines);
    }

    [Fact]
    public async Task A_server_interceptor_may_refuse_a_call_and_change_its_answer()
    {
        await using var server = await TestServer.StartAsync(new EchoService(), options => options.Interceptors.Add<TokenCheck>());

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryAsync(new EchoRequest()));
        var reply = await server.Client.UnaryAsync(new EchoRequest { Text = "in" }, new Metadata { { "authorization", "Bearer secret" } });

        Assert.Equal(StatusCode.Unauthenticated, fault.StatusCode);
        Assert.Equal("in, let in", reply.Text);
    }

    [Fact]
    public async Task Client_interceptors_see_calls_of_every_kind_the_first_one_first()
    {
        var journal = new Journal();
        await using var server = await TestServer.StartAsync(new EchoService());
        var invoker = server.Channel.Intercept(new Recording("first", journal), new Recording("second", journal));

        await CallAllAsync(new Echo.EchoClient(invoker));
        Assert.Equal("x", new Echo.EchoClient(invoker).Unary(new EchoRequest { Text = "x" }).Text);

        Assert.Equal(
            ["first Unary", "second Unary", "first ClientStreaming", "second ClientStreaming", "first ServerStreaming", "second ServerStreaming", "first DuplexStreaming", "second DuplexStreaming", "first Blocking", "second Blocking"],
            journal.Lines);
    }

    [Fact]
    public async Task A_function_may_add_headers_to_every_call()
    {
        await using var server = await TestServer.StartAsync(new EchoService(), options => options.Interceptors.Add<TokenCheck>());
        var client = new Echo.EchoClient(server.Channel.Intercept(headers =>
        {
            headers.Add("authorization", "Bearer secret");
            return headers;
        }));

        Assert.Equal("a, let in", (await client.UnaryAsync(new EchoRequest { Text = "a" })).Text);
    }

    [Fact]
    public async Task Call_credentials_travel_only_where_they_are_safe_or_allowed()
    {
        await using var server = await TestServer.StartAsync(new EchoService(), options => options.Interceptors.Add<TokenCheck>());
        var credentials = CallCredentials.FromInterceptor((context, metadata) =>
        {
            metadata.Add("authorization", "Bearer secret");
            return Task.CompletedTask;
        });
        using var allowed = GrpcChannel.ForAddress(server.Address, new()
        {
            Credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, credentials),
            UnsafeUseInsecureChannelCallCredentials = true,
        });

        var fault = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Client.UnaryAsync(new EchoRequest(), new CallOptions(credentials: credentials)));
        var reply = await new Echo.EchoClient(allowed).UnaryAsync(new EchoRequest { Text = "b" });

        Assert.Equal((StatusCode.Unauthenticated, "b, let in"), (fault.StatusCode, reply.Text));
    }

    [Fact]
    public async Task A_service_is_made_for_each_call_and_disposed_after_it()
    {
        var journal = new Journal();
        await using var server = await TestServer.StartAsync(
            journal, mapService: false, map: application => application.MapGrpcService<PerCall>());

        await server.Client.UnaryAsync(new EchoRequest());
        await server.Client.UnaryAsync(new EchoRequest());

        Assert.Equal(["made", "served", "disposed", "made", "served", "disposed"], journal.Lines);
    }

    private static async Task CallAllAsync(Echo.EchoClient client)
    {
        await client.UnaryAsync(new EchoRequest());
        using var collect = client.Collect();
        await collect.RequestStream.CompleteAsync();
        await collect;
        using var repeat = client.Repeat(new EchoRequest());
        Assert.False(await repeat.ResponseStream.MoveNext());
        using var chat = client.Chat();
        await chat.RequestStream.CompleteAsync();
        Assert.False(await chat.ResponseStream.MoveNext());
    }

    public sealed class Journal
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public void Add(string line)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }
        }
    }

    public sealed class PerCall : EchoService, IDisposable
    {
        private readonly Journal _journal;

        public PerCall(Journal journal)
        {
            _journal = journal;
            journal.Add("made");
        }

        public override Task<EchoReply> Unary(EchoRequest request, ServerCallContext context)
        {
            _journal.Add("served");
            return base.Unary(request, context);
        }

        public void Dispose() => _journal.Add("disposed");
    }

    public sealed class TokenCheck : Interceptor
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            if (context.RequestHeaders.GetValue("authorization") != "Bearer secret")
            {
                throw new RpcException(new Status(StatusCode.Unauthenticated, "a token is needed"));
            }

            var response = await continuation(request, context);
            ((EchoReply)(object)response).Text += ", let in";
            return response;
        }
    }

    public sealed class Recording(string name, Journal journal) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            journal.Add($"{name} Unary");
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            journal.Add($"{name} ClientStreaming");
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            journal.Add($"{name} ServerStreaming");
            return continuation(request, responseStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            journal.Add($"{name} DuplexStreaming");
            return continuation(requestStream, responseStream, context);
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            journal.Add($"{name} Blocking");
            return continuation(request, context);
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            journal.Add($"{name} Unary");
            return continuation(request, context);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            journal.Add($"{name} ClientStreaming");
            return continuation(context);
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            journal.Add($"{name} ServerStreaming");
            return continuation(request, context);
        }

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            journal.Add($"{name} DuplexStreaming");
            return continuation(context);
        }
    }
}
