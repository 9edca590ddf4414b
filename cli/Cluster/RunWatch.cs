using System.Runtime.CompilerServices;
using Grpc.Core;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Cluster;

/// <summary>Follows a run's events, over the coordinator's restarts.</summary>
internal static class RunWatch
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(5);

    /// <summary>A run's events from a sequence number on, each once and in order, until the run has ended.</summary>
    /// <param name="connect">The connection to use now; asked again after each break.</param>
    /// <param name="runId">The run.</param>
    /// <param name="from">The first sequence number wanted.</param>
    /// <param name="patience">How long a coordinator may stay away before the break is an error.</param>
    /// <param name="clock">Measures it.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <param name="isAwaited">Whether someone is at work to bring the coordinator back, which costs no patience; null: nobody.</param>
    public static async IAsyncEnumerable<RunEvent> FollowAsync(
        Func<Connection> connect, string runId, long from, TimeSpan patience, TimeProvider clock,
        [EnumeratorCancellation] CancellationToken cancellationToken, Func<bool>? isAwaited = null)
    {
        var next = from;
        var wait = TimeSpan.FromMilliseconds(100);
        long? brokenSince = null;
        while (true)
        {
            using var call = connect().Runs.Watch(new WatchRequest { RunId = runId, FromSequence = next }, connect().Following(cancellationToken));
            while (true)
            {
                RunEvent happened;
                try
                {
                    if (!await call.ResponseStream.MoveNext(cancellationToken))
                    {
                        yield break;
                    }

                    happened = call.ResponseStream.Current;
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
                {
                    throw new OperationCanceledException("The watch was ended.", e, cancellationToken);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable
                    && (brokenSince is null || isAwaited?.Invoke() == true || clock.GetElapsedTime(brokenSince.Value) < patience))
                {
                    brokenSince = isAwaited?.Invoke() == true ? clock.GetTimestamp() : brokenSince ?? clock.GetTimestamp();
                    break;
                }

                brokenSince = null;
                wait = TimeSpan.FromMilliseconds(100);
                if (happened.Sequence >= next)
                {
                    next = happened.Sequence + 1;
                    yield return happened;
                }
            }

            connect().Turn();
            await Task.Delay(wait, clock, cancellationToken);
            wait = wait * 2 < s_longestWait ? wait * 2 : s_longestWait;
        }
    }
}
