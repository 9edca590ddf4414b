using System.Runtime.CompilerServices;

namespace Orchestrator.Core.Runs;

/// <summary>What a worker has to say to the coordinator, kept until it cannot matter any more, so that a broken session loses nothing. Thread-safe.</summary>
/// <remarks>
/// Reports of a generation are kept and said again in every new session; the coordinator counts a step once however often it hears of it.
/// Heartbeats and logs are said once or not at all.
/// </remarks>
/// <typeparam name="TMessage">What is said.</typeparam>
public sealed class Outbox<TMessage>
    where TMessage : class
{
    // The coordinator plans at most this many steps ahead of those it has stored, so an older report has been stored.
    private const int KeptReports = 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<(long Id, long Step, TMessage Message)> _reports = new();
    private readonly Queue<TMessage> _passing = new();
    private TaskCompletionSource _changed = NewSignal();
    private (string RunId, long Generation) _scope;
    private long _lastId;
    private long _sentId;

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

    /// <summary>Forgets the reports of older generations.</summary>
    /// <param name="runId">The run worked for.</param>
    /// <param name="generation">Its generation.</param>
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
    /// <param name="message">What.</param>
    /// <param name="step">The step that it tells to be done; 0: it tells something else.</param>
    public void Report(TMessage message, long step = 0)
    {
        lock (_gate)
        {
            _reports.AddLast((++_lastId, step, message));
            while (_reports.Count > KeptReports)
            {
                _reports.RemoveFirst();
            }

            _changed.TrySetResult();
        }
    }

    /// <summary>Says something that may be lost with the session.</summary>
    /// <param name="message">What.</param>
    public void Mention(TMessage message)
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

    /// <summary>The run's steps up to one are stored for good: nobody needs to hear of them again.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="committedStep">The step.</param>
    public void Stored(string runId, long committedStep)
    {
        lock (_gate)
        {
            if (_scope.RunId != runId)
            {
                return;
            }

            for (var node = _reports.First; node is not null;)
            {
                var next = node.Next;
                // One that is done again and not yet said is still to be compared with the ledger.
                if (node.Value.Step > 0 && node.Value.Step <= committedStep && node.Value.Id <= _sentId)
                {
                    _reports.Remove(node);
                }

                node = next;
            }
        }
    }

    /// <summary>What there is to say in a session now, the kept reports from its beginning on.</summary>
    /// <param name="said">How far the session's reports reach; 0 for a new session. Moved on.</param>
    /// <param name="more">Completes when there is more to say.</param>
    public IReadOnlyList<TMessage> Take(ref long said, out Task more)
    {
        lock (_gate)
        {
            var after = said;
            TMessage[] batch = [.. _passing, .. _reports.Where(report => report.Id > after).Select(report => report.Message)];
            _passing.Clear();
            said = _lastId;
            if (_changed.Task.IsCompleted)
            {
                _changed = NewSignal();
            }

            more = _changed.Task;
            return batch;
        }
    }

    /// <summary>What was taken was given to the session.</summary>
    /// <param name="said">How far the session's reports reach.</param>
    public void Said(long said)
    {
        lock (_gate)
        {
            _sentId = Math.Max(_sentId, said);
        }
    }

    /// <summary>Everything to say in a session, from the kept reports on; never ends by itself.</summary>
    public async IAsyncEnumerable<TMessage> ReadSessionAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long said = 0;
        while (true)
        {
            var batch = Take(ref said, out var more);
            foreach (var message in batch)
            {
                yield return message;
            }

            Said(said);
            if (batch.Count == 0)
            {
                await more.WaitAsync(cancellationToken);
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
