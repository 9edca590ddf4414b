namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>Virtual time: what is to happen, in order; and a digest of all that did.</summary>
internal sealed class Agenda(int seed, bool traced) : TimeProvider
{
    private const ulong Prime = 0x100000001B3;

    private readonly PriorityQueue<Action, (long Ticks, long Number)> _queue = new();
    private readonly Random _random = new(seed);
    private readonly List<string> _trace = [];
    private long _ticks;
    private long _number;

    /// <summary>A digest of all that happened; equal seeds give equal ones.</summary>
    public ulong Digest { get; private set; } = 0xCBF29CE484222325;

    public long Events { get; private set; }

    public TimeSpan Elapsed => new(_ticks);

    public IReadOnlyList<string> Trace => _trace;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(_ticks);

    public void In(TimeSpan delay, Action what) => _queue.Enqueue(what, (_ticks + delay.Ticks, _number++));

    public void In(int leastMs, int mostMs, Action what) => In(TimeSpan.FromMilliseconds(Between(leastMs, mostMs)), what);

    /// <summary>Lets the next thing happen.</summary>
    /// <returns>False if nothing is left or it would be later than the end.</returns>
    public bool Step(TimeSpan end)
    {
        if (!_queue.TryPeek(out _, out var next) || next.Ticks > end.Ticks)
        {
            _ticks = end.Ticks;
            return false;
        }

        _ticks = Math.Max(_ticks, next.Ticks);
        Events++;
        _queue.Dequeue()();
        return true;
    }

    public int Below(int limit) => _random.Next(limit);

    public int Between(int least, int most) => _random.Next(least, most + 1);

    public bool Chance(double probability) => _random.NextDouble() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    /// <summary>Something happened: it goes into the digest, and into the trace if one is kept.</summary>
    public void Note(string what, string who, long number = 0)
    {
        foreach (var text in (ReadOnlySpan<string>)[what, who])
        {
            foreach (var character in text)
            {
                Digest = (Digest ^ character) * Prime;
            }
        }

        Digest = (((Digest ^ (ulong)number) * Prime) ^ (ulong)_ticks) * Prime;
        if (traced)
        {
            _trace.Add($"{Elapsed.TotalSeconds,8:0.000} {who} {what} {number}");
        }
    }
}
