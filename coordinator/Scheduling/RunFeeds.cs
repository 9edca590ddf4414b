using System.Collections.Concurrent;

namespace Orchestrator.Coordinator.Scheduling;

/// <summary>Tells those who follow a run that more of it is stored.</summary>
internal sealed class RunFeeds
{
    private readonly ConcurrentDictionary<string, RunFeed> _feeds = new(StringComparer.Ordinal);

    public RunFeed Of(string runId) => _feeds.GetOrAdd(runId, _ => new RunFeed());
}

/// <summary>How far a run's stored events and logs reach. Thread-safe.</summary>
internal sealed class RunFeed
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();
    private (long LastSequence, bool Ended) _now;

    /// <summary>The last stored event, whether the run has ended with it, and a task that completes when there is more.</summary>
    public (long LastSequence, bool Ended, Task More) Look()
    {
        lock (_gate)
        {
            return (_now.LastSequence, _now.Ended, _changed.Task);
        }
    }

    public void Publish(long lastSequence, bool ended)
    {
        lock (_gate)
        {
            _now = (lastSequence, ended);
            _changed.TrySetResult();
            _changed = NewSignal();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
