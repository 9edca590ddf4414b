using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orchestrator.Coordinator.Scheduling;

namespace Orchestrator.Coordinator.Hosting;

/// <summary>Healthy while decisions are taken and stored: it asks for one.</summary>
internal sealed class ConductorHealth(Conductor conductor) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var runs = await conductor.AskAsync(state => state.Cluster.Runs.Count, cancellationToken);
            return HealthCheckResult.Healthy($"{runs} runs");
        }
        catch (NotLeadingException e)
        {
            // Alive, and not to be sent anything.
            return HealthCheckResult.Degraded(e.Message);
        }
        catch (System.Threading.Channels.ChannelClosedException)
        {
            return HealthCheckResult.Unhealthy("the coordinator stops");
        }
    }
}
