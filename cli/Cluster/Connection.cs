using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Cluster;

/// <summary>A connection to the coordinator that leads; every call carries its token.</summary>
internal sealed class Connection : IDisposable
{
    private static readonly TimeSpan s_election = TimeSpan.FromSeconds(8);

    private readonly IReadOnlyList<Uri> _urls;
    private readonly Metadata _headers;
    private GrpcChannel _channel;
    private int _current;

    /// <summary>Connects when the first call is made.</summary>
    /// <param name="url">http://HOST:PORT or https://HOST:PORT.</param>
    /// <param name="token">The token.</param>
    public Connection(Uri url, string token)
        : this([url], token)
    {
    }

    /// <summary>Connects to the one of several coordinators that leads, which is asked for at once.</summary>
    /// <param name="urls">Each http://HOST:PORT or https://HOST:PORT.</param>
    /// <param name="token">The token.</param>
    /// <exception cref="RpcException">None of them leads.</exception>
    public Connection(IReadOnlyList<Uri> urls, string token)
    {
        _urls = urls;
        _headers = new Metadata { { "authorization", "Bearer " + token } };
        _channel = GrpcChannel.ForAddress(urls[0]);
        if (urls.Count > 1)
        {
            FindLeader(TimeProvider.System);
        }
    }

    /// <summary>Where the coordinator is.</summary>
    public Uri Url => _urls[_current];

    /// <summary>Runs.</summary>
    public Runs.RunsClient Runs => new(_channel);

    /// <summary>Checkpoints.</summary>
    public Checkpoints.CheckpointsClient Checkpoints => new(_channel);

    /// <summary>The coordinator does not answer or does not lead: goes on with the next, if there is another.</summary>
    public void Turn()
    {
        if (_urls.Count > 1)
        {
            _current = (_current + 1) % _urls.Count;
            _channel.Dispose();
            _channel = GrpcChannel.ForAddress(Url);
        }
    }

    /// <summary>Options of a call that lasts until it is cancelled.</summary>
    public CallOptions Following(CancellationToken cancellationToken) => new(_headers, cancellationToken: cancellationToken);

    /// <summary>Options of a call that answers soon.</summary>
    /// <param name="clock">The clock that the deadline is taken from.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public CallOptions Asking(TimeProvider clock, CancellationToken cancellationToken) =>
        new(_headers, clock.GetUtcNow().UtcDateTime.AddSeconds(20), cancellationToken);

    public void Dispose() => _channel.Dispose();

    // While none leads another is about to: it is waited for.
    private void FindLeader(TimeProvider clock)
    {
        var started = clock.GetTimestamp();
        using var pause = new ManualResetEventSlim();
        while (true)
        {
            try
            {
                Runs.List(new ListRunsRequest { Limit = 1 }, new CallOptions(_headers, clock.GetUtcNow().UtcDateTime.AddSeconds(3)));
                return;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded && clock.GetElapsedTime(started) < s_election)
            {
                Turn();
                pause.Wait(TimeSpan.FromMilliseconds(100));
            }
        }
    }
}
