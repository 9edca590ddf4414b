using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orchestrator.Coordinator.Scheduling;

namespace Orchestrator.Coordinator.Hosting;

/// <summary>The health of the process, for whoever would start it again. Healthy while decisions are taken and stored: it asks for one; a follower lives too.</summary>
internal sealed class ConductorHealth(Conductor conductor) : IHealthCheck
{
    /// <summary>The check's name; it makes up the health of the server as a whole.</summary>
    public const string Name = "state";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var runs = await conductor.AskAsync(state => state.Cluster.Runs.Count, cancellationToken);
            return HealthCheckResult.Healthy($"{runs} runs");
        }
        catch (NotLeadingException e)
        {
            // Alive, and served to those who ask for the leader's address.
            return HealthCheckResult.Degraded(e.Message);
        }
        catch (System.Threading.Channels.ChannelClosedException)
        {
            return HealthCheckResult.Unhealthy("the coordinator stops");
        }
    }
}
