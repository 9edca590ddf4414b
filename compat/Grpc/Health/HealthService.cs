using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>The health service over the application's health checks.</summary>
internal sealed class HealthService(
    HealthServiceImpl published,
    HealthCheckService checks,
    IOptions<HealthCheckOptions> httpOptions,
    IOptions<GrpcHealthChecksOptions> options,
    IHostApplicationLifetime lifetime) : Health.V1.Health.HealthBase
{
    /// <summary>The status that results come to: one unhealthy makes NotServing, none at all Unknown.</summary>
    public static ServingStatus StatusOf(IEnumerable<KeyValuePair<string, HealthReportEntry>> results)
    {
        var status = ServingStatus.Unknown;
        foreach (var (_, entry) in results)
        {
            if (entry.Status == HealthStatus.Unhealthy)
            {
                return ServingStatus.NotServing;
            }

            status = ServingStatus.Serving;
        }

        return status;
    }

    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (options.Value.UseHealthChecksCache)
        {
            return await published.Check(request, context);
        }

        return await RunAsync(request.Service, context.CancellationToken) is { } status
            ? new HealthCheckResponse { Status = status }
            : throw new RpcException(new Status(StatusCode.NotFound, ""));
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        // A server does not stop while a call is open, so the watch ends when the application begins to stop.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, options.Value.SuppressCompletionOnShutdown ? CancellationToken.None : lifetime.ApplicationStopping);
        var first = !options.Value.UseHealthChecksCache;
        await published.WatchAsync(request.Service, TellAsync, ending.Token);
        if (ending.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            await responseStream.WriteAsync(new HealthCheckResponse { Status = ServingStatus.NotServing });
        }

        async Task TellAsync(ServingStatus status)
        {
            // Nothing may have been published yet, so the first status comes from the checks themselves.
            if (first)
            {
                first = false;
                status = await RunAsync(request.Service, context.CancellationToken) ?? ServingStatus.ServiceUnknown;
            }

            await responseStream.WriteAsync(new HealthCheckResponse { Status = status });
        }
    }

    private async Task<ServingStatus?> RunAsync(string service, CancellationToken cancellationToken)
    {
        if (options.Value.Services.Find(service) is not { } mapping)
        {
            return null;
        }

        var report = await checks.CheckHealthAsync(
            check => httpOptions.Value.Predicate?.Invoke(check) != false && mapping.HealthCheckPredicate?.Invoke(new(check.Name, check.Tags)) != false,
            cancellationToken);
        return StatusOf(report.Entries);
    }
}

/// <summary>Publishes the results of the application's health checks to the health service.</summary>
internal sealed class HealthPublisher(HealthServiceImpl published, IOptions<GrpcHealthChecksOptions> options) : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var mapping in options.Value.Services)
        {
            published.SetStatus(mapping.Name, HealthService.StatusOf(report.Entries.Where(
                entry => mapping.HealthCheckPredicate?.Invoke(new(entry.Key, entry.Value.Tags)) != false)));
        }

        return Task.CompletedTask;
    }
}
