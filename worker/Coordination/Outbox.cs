using Orchestrator.Protos.V1;

namespace Orchestrator.Worker.Coordination;

/// <summary>What this worker has to say to the coordinator, kept until it cannot matter any more, so that a broken session loses nothing.</summary>
/// <remarks>
/// Reports of a generation are kept and said again in every new session; the coordinator counts a step once however often it hears of it.
/// Heartbeats and logs are said once or not at all.
/// </remarks>
internal sealed class Outbox
{
    // The coordinator plans at most this many steps ahead of those it has stored, so an older report has been stored.
    private const int KeptReports = 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<(long Id, WorkerMessage Message)> _reports = new();
    private readonly Queue<WorkerMessage> _passing = new();
    private TaskCompletionSource _changed = NewSignal();
    private (string RunId, long Generation) _scope;
    private long _lastId;
    private long _sentId;

    /// <summary>Forgets the reports of older generations.</summary>
    public void Open(string runId, long generation)
    {
        lock (_gate)
        {
            if (_scope != (runId, generation))
            {
                _scope = (runId, generation);
                _reports.Clear();
            }
        }
    }

    /// <summary>Says something that must arrive.</summary>
    public void Report(WorkerMessage message)
    {
        lock (_gate)
        {
            _reports.AddLast((++_lastId, message));
            while (_reports.Count > KeptReports)
            {
                _reports.RemoveFirst();
            }

            _changed.TrySetResult();
        }
    }

    /// <summary>Says something that may be lost with the session.</summary>
    public void Mention(WorkerMessage message)
    {
        lock (_gate)
        {
            if (_passing.Count < KeptReports)
            {
                _passing.Enqueue(message);
            }

            _changed.TrySetResult();
        }
    }

    /// <summary>Everything to say in a session, from the kept reports on; never ends by itself.</summary>
    public async IAsyncEnumerable<WorkerMessage> ReadSessionAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long said = 0;
        while (true)
        {
            List<WorkerMessage> batch = [];
            Task changed;
            long last;
            lock (_gate)
            {
                batch.AddRange(_passing);
                _passing.Clear();
                batch.AddRange(_reports.Where(r => r.Id > said).Select(r => r.Message));
                last = _lastId;
                if (_changed.Task.IsCompleted)
                {
                    _changed = NewSignal();
                }

                changed = _changed.Task;
            }

            foreach (var message in batch)
            {
                yield return message;
            }

            said = last;
            lock (_gate)
            {
                _sentId = Math.Max(_sentId, said);
            }

            if (batch.Count == 0)
            {
                await changed.WaitAsync(cancellationToken);
            }
        }
    }

    /// <summary>Whether every report has been given to a session.</summary>
    public bool IsSaid
    {
        get
        {
            lock (_gate)
            {
                return _sentId >= _lastId;
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
