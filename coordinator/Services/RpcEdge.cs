using Grpc.Core;
using Orchestrator.Coordinator.Scheduling;

namespace Orchestrator.Coordinator.Services;

/// <summary>Turns what is refused into gRPC statuses.</summary>
internal static class RpcEdge
{
    /// <summary>The trailer of a refusal that names the leader's URL.</summary>
    public const string LeaderTrailer = "orchestrator-leader";

    /// <summary>Runs a call's work and gives its refusals their status.</summary>
    public static async Task<T> Answer<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (RequestRefusedException e)
        {
            throw Failure(e.Kind switch
            {
                RefusalKind.Missing => StatusCode.NotFound,
                RefusalKind.Exists => StatusCode.AlreadyExists,
                RefusalKind.Conflict => StatusCode.AlreadyExists,
                _ => StatusCode.FailedPrecondition,
            }, e.Message);
        }
        catch (StaleGenerationException e)
        {
            throw Failure(StatusCode.FailedPrecondition, e.Message);
        }
        catch (NotLeadingException e)
        {
            throw NotLeading(e);
        }
        catch (System.Threading.Channels.ChannelClosedException)
        {
            throw Failure(StatusCode.Unavailable, "the coordinator is stopping; try again");
        }
    }

    /// <exception cref="RpcException"><see cref="StatusCode.InvalidArgument"/> if a field breaks its rule.</exception>
    public static void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw Failure(StatusCode.InvalidArgument, rule);
        }
    }

    /// <exception cref="RpcException"><see cref="StatusCode.Unavailable"/> if another coordinator leads; it is named.</exception>
    public static void Lead(Conductor conductor)
    {
        try
        {
            conductor.RequireLead();
        }
        catch (NotLeadingException e)
        {
            throw NotLeading(e);
        }
    }

    public static RpcException Failure(StatusCode code, string detail) => new(new Status(code, detail));

    private static RpcException NotLeading(NotLeadingException e) =>
        new(new Status(StatusCode.Unavailable, e.Message), new Metadata { { LeaderTrailer, e.Leader } });
}
