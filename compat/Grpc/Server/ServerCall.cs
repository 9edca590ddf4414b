using System.Net.Sockets;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

/// <summary>A call that is an HTTP request.</summary>
internal interface IHttpCall
{
    HttpContext HttpContext { get; }
}

/// <summary>One call as its handler sees it, with what it reads and writes.</summary>
internal sealed class ServerCall<TRequest, TResponse> : ServerCallContext, IHttpCall, IServerCallContextFeature, IDisposable
    where TRequest : class
    where TResponse : class
{
    private static readonly AuthContext Unknown = new(null, []);

    private readonly CancellationTokenSource? _cancellation;
    private Metadata? _requestHeaders;
    private Metadata? _trailers;
    private AuthContext? _authContext;

    public ServerCall(HttpContext http, Method<TRequest, TResponse> method, MethodOptions options)
    {
        HttpContext = http;
        if (Protocol.TryDecodeTimeout(http.Request.Headers[Protocol.TimeoutHeader], out var timeout))
        {
            Timeout = timeout;
            var now = TimeProvider.System.GetUtcNow().UtcDateTime;
            DeadlineCore = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
            _cancellation = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        }

        var encoding = http.Request.Headers[Protocol.EncodingHeader].ToString();
        var reader = new MessageReader(
            http.Request.BodyReader, options.MaxReceiveMessageSize, encoding.Length == 0 ? null : encoding, options.Compressions);
        Requests = new(this, reader, method.RequestMarshaller.ContextualDeserializer);
        Responses = new(this, http.Response, method.ResponseMarshaller.ContextualSerializer, options);
    }

    public HttpContext HttpContext { get; }

    /// <summary>How long the client waits; null: for ever.</summary>
    public TimeSpan? Timeout { get; }

    public RequestReader<TRequest> Requests { get; }

    public ResponseWriter<TResponse> Responses { get; }

    public Metadata? Trailers => _trailers;

    public ServerCallContext ServerCallContext => this;

    protected override string MethodCore => HttpContext.Request.Path.Value!;

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override string PeerCore => HttpContext.Connection switch
    {
        { RemoteIpAddress: null } => "unknown",
        { RemoteIpAddress: { AddressFamily: AddressFamily.InterNetworkV6 } ip, RemotePort: var port } => $"ipv6:[{ip}]:{port}",
        { RemoteIpAddress: var ip, RemotePort: var port } => $"ipv4:{ip}:{port}",
    };

    protected override DateTime DeadlineCore { get; } = DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadHeaders();

    protected override CancellationToken CancellationTokenCore => _cancellation?.Token ?? HttpContext.RequestAborted;

    protected override Metadata ResponseTrailersCore => _trailers ??= [];

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore
    {
        get => Responses.WriteOptions;
        set => Responses.WriteOptions = value;
    }

    protected override AuthContext AuthContextCore => _authContext ??=
        HttpContext.Connection.ClientCertificate is { } certificate ? PeerCertificate.ToAuthContext(certificate) : Unknown;

    protected override IDictionary<object, object> UserStateCore => HttpContext.Items!;

    /// <summary>The one request of a call that has one.</summary>
    public Task<TRequest> ReadSingleAsync() => Requests.ReadSingleAsync();

    /// <summary>Writes the one response of a call that has one.</summary>
    public Task WriteSingleAsync(TResponse? response) => response is null
        ? throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."))
        : Responses.WriteLastAsync(response);

    /// <summary>Tells the handler that the call is over.</summary>
    public void Cancel() => _cancellation?.Cancel();

    public void Dispose() => _cancellation?.Dispose();

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        return Responses.WriteHeadersAsync(responseHeaders);
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Context propagation is not implemented; pass Deadline and CancellationToken on.");

    private Metadata ReadHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in HttpContext.Request.Headers)
        {
            if (Protocol.IsReserved(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                MetadataEntries.Add(metadata, name, value ?? "");
            }
        }

        return metadata;
    }
}
