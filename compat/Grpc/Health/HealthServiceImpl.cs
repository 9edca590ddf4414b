using System.Threading.Channels;
using Grpc.Core;
using Grpc.Health.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.HealthCheck;

/// <summary>The health service over statuses that the application sets. Thread-safe.</summary>
public class HealthServiceImpl : Health.V1.Health.HealthBase
{
    // What a slow watcher may fall behind by; then it skips to newer statuses.
    private const int WatchBuffer = 5;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ServingStatus> _statuses = [];
    private readonly List<(string Service, ChannelWriter<ServingStatus> Statuses)> _watchers = [];

    /// <summary>Sets the status of a service; empty: of the server.</summary>
    public void SetStatus(string service, ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_gate)
        {
            if (StatusOf(service) != status)
            {
                Notify(service, status);
            }

            _statuses[service] = status;
        }
    }

    /// <summary>Forgets a service.</summary>
    public void ClearStatus(string service)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_gate)
        {
            if (_statuses.Remove(service))
            {
                Notify(service, ServingStatus.ServiceUnknown);
            }
        }
    }

    /// <summary>Forgets all services.</summary>
    public void ClearAll()
    {
        lock (_gate)
        {
            foreach (var service in _statuses.Keys)
            {
                Notify(service, ServingStatus.ServiceUnknown);
            }

            _statuses.Clear();
        }
    }

    /// <inheritdoc/>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        lock (_gate)
        {
            return StatusOf(request.Service) is var status and not ServingStatus.ServiceUnknown
                ? Task.FromResult(new HealthCheckResponse { Status = status })
                : throw new RpcException(new Status(StatusCode.NotFound, ""));
        }
    }

    /// <inheritdoc/>
    public override Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context) =>
        WatchAsync(request.Service, status => responseStream.WriteAsync(new HealthCheckResponse { Status = status }), context.CancellationToken);

    /// <summary>Tells a service's status now and whenever it changes, until cancelled.</summary>
    internal async Task WatchAsync(string service, Func<ServingStatus, Task> tell, CancellationToken cancellationToken)
    {
        var statuses = Channel.CreateBounded<ServingStatus>(
            new BoundedChannelOptions(WatchBuffer) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });
        lock (_gate)
        {
            statuses.Writer.TryWrite(StatusOf(service));
            _watchers.Add((service, statuses.Writer));
        }

        try
        {
            await foreach (var status in statuses.Reader.ReadAllAsync(cancellationToken))
            {
                await tell(status);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The watcher went away, or the server stops.
        }
        finally
        {
            lock (_gate)
            {
                _watchers.Remove((service, statuses.Writer));
            }
        }
    }

    private ServingStatus StatusOf(string service) => _statuses.GetValueOrDefault(service, ServingStatus.ServiceUnknown);

    private void Notify(string service, ServingStatus status)
    {
        foreach (var watcher in _watchers.Where(watcher => watcher.Service == service))
        {
            watcher.Statuses.TryWrite(status);
        }
    }
}
