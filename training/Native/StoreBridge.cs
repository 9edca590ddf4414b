using System.Diagnostics;
using Orchestrator.Training.Collectives;

namespace Orchestrator.Training.Native;

/// <summary>Carries a rendezvous store, and what it threw, through native code. Before what native code says of a rank stands the record of its <see cref="PeerLines"/>.</summary>
internal sealed class StoreBridge(IRendezvousStore store, PeerLines lines, TimeSpan timeout, CancellationToken cancellationToken)
{
    // A store's wait cannot be cancelled, so it is asked anew this often.
    private static readonly TimeSpan s_slice = TimeSpan.FromSeconds(1);

    public TimeSpan Timeout { get; } = timeout;

    public Exception? Failure { get; private set; }

    /// <summary>Says where this rank is found.</summary>
    public void Set(string key, ReadOnlySpan<byte> value) => store.Set(key, [(byte)lines.Record.Length, .. lines.Record, .. value]);

    /// <summary>Waits for a rank to say where it is found, until the time-out or the token says otherwise, and opens the line to it.</summary>
    public ReadOnlySpan<byte> Get(string key)
    {
        ReadOnlySpan<byte> value = Wait(key);
        var record = value.Slice(1, value[0]);
        lines.Call(record);
        return value[(1 + record.Length)..];
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

    private byte[] Wait(string key)
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
}
