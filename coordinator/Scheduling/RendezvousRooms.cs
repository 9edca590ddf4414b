using System.Collections.Concurrent;

namespace Orchestrator.Coordinator.Scheduling;

/// <summary>The generation is over, or never was: nobody meets in it.</summary>
internal sealed class StaleGenerationException(string message) : Exception(message);

/// <summary>Where the ranks of a generation find each other. One room a run; a new generation closes the room of the last.</summary>
internal sealed class RendezvousRooms
{
    private readonly ConcurrentDictionary<string, Room> _rooms = new(StringComparer.Ordinal);

    /// <summary>Opens the room of a generation and closes that of the one before; generation 0 only closes.</summary>
    public void Open(string runId, long generation)
    {
        if (_rooms.TryRemove(runId, out var last))
        {
            last.Close();
        }

        if (generation > 0)
        {
            _rooms[runId] = new Room(runId, generation);
        }
    }

    /// <summary>The room of a generation.</summary>
    /// <exception cref="StaleGenerationException">It is not the newest.</exception>
    public Room Enter(string runId, long generation) =>
        _rooms.TryGetValue(runId, out var room) && room.Generation == generation
            ? room
            : throw new StaleGenerationException($"generation {generation} of run {runId} is over; wait for the next assignment");
}

/// <summary>A key-value store that lives as long as its generation. Thread-safe.</summary>
internal sealed class Room(string runId, long generation)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, byte[]> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _sums = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = NewSignal();
    private bool _closed;

    public long Generation => generation;

    public void Set(string key, byte[] value)
    {
        lock (_gate)
        {
            RequireOpen();
            _values[key] = value;
            Signal();
        }
    }

    public byte[]? Get(string key)
    {
        lock (_gate)
        {
            RequireOpen();
            return _values.GetValueOrDefault(key);
        }
    }

    public long Add(string key, long amount)
    {
        lock (_gate)
        {
            RequireOpen();
            _sums[key] = _sums.GetValueOrDefault(key) + amount;
            return _sums[key];
        }
    }

    /// <summary>Waits until all keys are there.</summary>
    /// <exception cref="StaleGenerationException">The generation ended first.</exception>
    public async Task WaitAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                RequireOpen();
                if (keys.All(_values.ContainsKey))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Signal();
        }
    }

    private void Signal()
    {
        _changed.TrySetResult();
        _changed = NewSignal();
    }

    private void RequireOpen()
    {
        if (_closed)
        {
            throw new StaleGenerationException($"generation {generation} of run {runId} is over; wait for the next assignment");
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
