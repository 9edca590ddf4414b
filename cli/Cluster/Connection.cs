using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Cluster;

/// <summary>A connection to a coordinator; every call carries its token.</summary>
internal sealed class Connection : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly Metadata _headers;

    /// <summary>Connects when the first call is made.</summary>
    /// <param name="url">http://HOST:PORT or https://HOST:PORT.</param>
    /// <param name="token">The token.</param>
    public Connection(Uri url, string token)
    {
        Url = url;
        _channel = GrpcChannel.ForAddress(url);
        _headers = new Metadata { { "authorization", "Bearer " + token } };
        Runs = new Runs.RunsClient(_channel);
        Checkpoints = new Checkpoints.CheckpointsClient(_channel);
    }

    /// <summary>Where the coordinator is.</summary>
    public Uri Url { get; }

    /// <summary>Runs.</summary>
    public Runs.RunsClient Runs { get; }

    /// <summary>Checkpoints.</summary>
    public Checkpoints.CheckpointsClient Checkpoints { get; }

    /// <summary>Options of a call that lasts until it is cancelled.</summary>
    public CallOptions Following(CancellationToken cancellationToken) => new(_headers, cancellationToken: cancellationToken);

    /// <summary>Options of a call that answers soon.</summary>
    /// <param name="clock">The clock that the deadline is taken from.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public CallOptions Asking(TimeProvider clock, CancellationToken cancellationToken) =>
        new(_headers, clock.GetUtcNow().UtcDateTime.AddSeconds(20), cancellationToken);

    public void Dispose() => _channel.Dispose();
}
