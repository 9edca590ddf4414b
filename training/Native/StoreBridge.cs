using System.Diagnostics;
using Orchestrator.Training.Collectives;

namespace Orchestrator.Training.Native;

/// <summary>Carries a rendezvous store, and what it threw, through native code.</summary>
internal sealed class StoreBridge(IRendezvousStore store, TimeSpan timeout, CancellationToken cancellationToken)
{
    // A store's wait cannot be cancelled, so it is asked anew this often.
    private static readonly TimeSpan s_slice = TimeSpan.FromSeconds(1);

    public TimeSpan Timeout { get; } = timeout;

    public Exception? Failure { get; private set; }

    public void Set(string key, ReadOnlySpan<byte> value) => store.Set(key, value);

    /// <summary>Waits for a key, until the time-out or the token says otherwise.</summary>
    public byte[] Get(string key)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var left = Timeout - Stopwatch.GetElapsedTime(started);
            try
            {
                return store.Get(key, left < s_slice ? left : s_slice);
            }
            catch (TimeoutException) when (left > s_slice)
            {
                // Ask again.
            }
        }
    }

    /// <summary>0 where the action succeeded, 1 where it threw.</summary>
    public int Try(Action action)
    {
#pragma warning disable CA1031 // Nothing may be thrown through native frames; the caller of Connect gets it.
        try
        {
            action();
            return 0;
        }
        catch (Exception e)
        {
            Failure = e;
            return 1;
        }
#pragma warning restore CA1031
    }
}
