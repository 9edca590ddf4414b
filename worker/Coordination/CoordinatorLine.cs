using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Orchestrator.Worker.Coordination;

/// <summary>The coordinators that this worker knows, of which one leads. Every call goes to the one that is taken for the leader now.</summary>
/// <param name="addresses">Their URLs.</param>
/// <param name="token">Sent with every call.</param>
internal sealed class CoordinatorLine(IReadOnlyList<Uri> addresses, string token) : CallInvoker, IDisposable
{
    private const string LeaderTrailer = "orchestrator-leader";

    private readonly (GrpcChannel Channel, CallInvoker Calls)[] _lines = [.. addresses.Select(address => Open(address, token))];
    private volatile int _current;

    /// <summary>The one that is taken for the leader.</summary>
    public Uri Address => addresses[_current];

    private CallInvoker Calls => _lines[_current].Calls;

    /// <summary>That one does not answer or does not lead: takes the one that it names or, if it names none that is known, the next.</summary>
    public void Turn(RpcException error)
    {
        var named = error.Trailers.GetValue(LeaderTrailer);
        for (var i = 0; i < addresses.Count; i++)
        {
            if (i != _current && addresses[i].GetLeftPart(UriPartial.Authority) == named)
            {
                _current = i;
                return;
            }
        }

        _current = (_current + 1) % addresses.Count;
    }

    /// <inheritdoc/>
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        Calls.BlockingUnaryCall(method, host, options, request);

    /// <inheritdoc/>
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        Calls.AsyncUnaryCall(method, host, options, request);

    /// <inheritdoc/>
    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => Calls.AsyncServerStreamingCall(method, host, options, request);

    /// <inheritdoc/>
    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => Calls.AsyncClientStreamingCall(method, host, options);

    /// <inheritdoc/>
    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => Calls.AsyncDuplexStreamingCall(method, host, options);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (channel, _) in _lines)
        {
            channel.Dispose();
        }
    }

    private static (GrpcChannel, CallInvoker) Open(Uri address, string token)
    {
        var channel = GrpcChannel.ForAddress(address);
        return (channel, channel.Intercept(headers =>
        {
            headers.Add("authorization", "Bearer " + token);
            return headers;
        }));
    }
}
