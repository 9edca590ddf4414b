using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orchestrator.Coordinator.Scheduling;

namespace Orchestrator.Coordinator.Hosting;

/// <summary>Whether this coordinator is the one to send calls to, for a load balancer in front of several.</summary>
internal sealed class LeaderHealth(Conductor conductor) : IHealthCheck
{
    /// <summary>The check's name, and that of the service whose health it is.</summary>
    public const string Name = "leader";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(conductor.Leads ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("another coordinator leads"));
}
