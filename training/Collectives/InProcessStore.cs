using System.Diagnostics;

namespace Orchestrator.Training.Collectives;

/// <summary>A rendezvous for ranks that are threads of one process.</summary>
public sealed class InProcessStore : IRendezvousStore
{
    private readonly Dictionary<string, byte[]> _values = [];

    /// <inheritdoc/>
    public void Set(string key, ReadOnlySpan<byte> value)
    {
        lock (_values)
        {
            _values[key] = value.ToArray();
            Monitor.PulseAll(_values);
        }
    }

    /// <inheritdoc/>
    public byte[] Get(string key, TimeSpan timeout)
    {
        var started = Stopwatch.GetTimestamp();
        lock (_values)
        {
            byte[]? value;
            while (!_values.TryGetValue(key, out value))
            {
                var left = timeout - Stopwatch.GetElapsedTime(started);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_values, left))
                {
                    throw new TimeoutException($"Key '{key}' was not set within {timeout}.");
                }
            }

            return value;
        }
    }

    /// <inheritdoc/>
    public void Wait(IReadOnlyList<string> keys, TimeSpan timeout)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var key in keys)
        {
            _ = Get(key, timeout - Stopwatch.GetElapsedTime(started));
        }
    }
}
