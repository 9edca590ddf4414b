using System.Threading.Channels;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Scheduling;

/// <summary>All that the leading coordinator knows, with what is to be stored and said next. Used by one thread at a time: that of <see cref="Conductor"/>.</summary>
internal sealed partial class ControlState
{
    private readonly IRunStore _store;
    private readonly RendezvousRooms _rooms;
    private readonly RunFeeds _feeds;
    private readonly TimeProvider _clock;
    private readonly ClusterOptions _options;
    private readonly Func<string, IRunFolder> _folders;
    private readonly Dictionary<string, RunEntry> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Hello> _workers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Session, ChannelWriter<CoordinatorMessage> Outbound)> _sessions = new(StringComparer.Ordinal);
    private readonly List<(string WorkerId, CoordinatorMessage Message)> _outgoing = [];
    private readonly SortedSet<string> _touched = new(StringComparer.Ordinal);
    private readonly List<StoreWrite> _writes = [];
    // Signs of life since the last decision that asks for them: told together, for thousands come between two looks, and yet not so many that others wait for it.
    private readonly Dictionary<string, DateTimeOffset> _heard = new(StringComparer.Ordinal);
    private Cluster _cluster;
    private long _lastSession;

    /// <summary>Takes up what is stored.</summary>
    /// <param name="store">The memory; this coordinator leads.</param>
    /// <param name="rooms">Where ranks meet.</param>
    /// <param name="feeds">Who follows runs.</param>
    /// <param name="folders">A run's folder by its path.</param>
    /// <param name="clock">The time.</param>
    /// <param name="options">The limits.</param>
    public ControlState(
        IRunStore store, RendezvousRooms rooms, RunFeeds feeds, Func<string, IRunFolder> folders, TimeProvider clock, ClusterOptions options)
    {
        (_store, _rooms, _feeds, _folders, _clock, _options) = (store, rooms, feeds, folders, clock, options);
        var loaded = store.LoadAll();
        foreach (var (facts, run, progress) in loaded)
        {
            var entry = new RunEntry(facts, folders(facts.OutDir)) { Progress = progress };
            _runs.Add(run.Id, entry);
            feeds.Of(run.Id).Publish(progress.LastSequence, run.Phase.IsEnded());
        }

        MendLedgers(loaded.Select(run => run.Run));
        _cluster = ClusterMachine.Restore(loaded.Select(entry => entry.Run), clock.GetUtcNow(), options);
        foreach (var run in _cluster.Runs.Values)
        {
            // The ranks of a generation that trains have met; their checkpoints are still theirs to commit.
            if (run.HasMembers)
            {
                rooms.Open(run.Id, run.Generation);
            }

            var before = loaded.First(entry => entry.Run.Id == run.Id).Run;
            if (before.Phase != run.Phase)
            {
                Tell(run.Id, new RunEvent { State = new StateEvent { State = Wire.State(run.Phase), Reason = run.Reason, Generation = run.Generation } });
            }
        }
    }

    public Cluster Cluster => _cluster;

    /// <summary>Something happened: decides, and notes what is to be stored and said.</summary>
    public void Happen(ClusterEvent happened)
    {
        var pending = new Queue<ClusterEvent>();
        if (_heard.Count > 0 && happened is not StepReported)
        {
            pending.Enqueue(TakeHeard());
        }

        pending.Enqueue(happened);
        while (pending.TryDequeue(out var next))
        {
            var before = _cluster;
            var transition = ClusterMachine.Apply(_cluster, next, _clock.GetUtcNow(), _options);
            _cluster = transition.Cluster;
            foreach (var id in transition.Changed)
            {
                if (Persists(before.Runs.GetValueOrDefault(id), _cluster.Runs[id]))
                {
                    _touched.Add(id);
                }
            }

            foreach (var action in transition.Actions)
            {
                if (Do(action) is { } consequence)
                {
                    pending.Enqueue(consequence);
                }
            }
        }
    }

    /// <summary>What is to be stored, in order.</summary>
    public IReadOnlyList<StoreWrite> TakeWrites()
    {
        var now = _clock.GetUtcNow();
        _writes.AddRange(_touched.Select(id => new ChangeRun(ClusterMachine.Storable(_cluster.Runs[id], now), _runs[id].Progress)));
        StoreWrite[] writes = [.. _writes];
        _writes.Clear();
        return writes;
    }

    /// <summary>Says what is to be said, now that it is stored.</summary>
    public void Publish()
    {
        foreach (var (workerId, message) in _outgoing)
        {
            // A worker that does not read is cut off; it comes back or is lost.
            if (_sessions.TryGetValue(workerId, out var session) && !session.Outbound.TryWrite(message))
            {
                session.Outbound.TryComplete();
            }
        }

        _outgoing.Clear();
        string[] stored = [.. _touched];
        _touched.Clear();
        foreach (var id in stored)
        {
            // A folder that refuses the line is told of as an event, which the next turn stores.
            var last = _runs[id].Progress.LastSequence;
            FlushLedger(_runs[id]);
            _feeds.Of(id).Publish(last, _cluster.Runs[id].Phase.IsEnded());
        }
    }

    /// <summary>A worker's connection stands.</summary>
    /// <returns>The session's number.</returns>
    public long Connect(Hello hello, ChannelWriter<CoordinatorMessage> outbound)
    {
        if (_sessions.TryGetValue(hello.WorkerId, out var last))
        {
            last.Outbound.TryComplete();
        }

        _workers[hello.WorkerId] = hello;
        _sessions[hello.WorkerId] = (++_lastSession, outbound);
        Happen(new WorkerAppeared(
            hello.WorkerId, _lastSession,
            hello.Held is null || hello.Held.RunId.Length == 0 ? null : hello.Held.RunId, hello.Held?.Generation ?? 0, hello.Held?.State?.Step ?? 0));
        return _lastSession;
    }

    /// <summary>A worker's connection ended.</summary>
    public void Disconnect(string workerId, long session)
    {
        if (_sessions.TryGetValue(workerId, out var current) && current.Session == session)
        {
            _sessions.Remove(workerId);
        }

        Happen(new WorkerDisconnected(workerId, session));
    }

    /// <summary>What a rank's log says is kept with the run.</summary>
    public void Log(string runId, LogLine line)
    {
        if (_runs.ContainsKey(runId))
        {
            _writes.Add(new AddLogLine(runId, line));
            _touched.Add(runId);
            // Ranks that read one folder find the same damage there; it is told once a generation.
            if (line.Level == "warning" && _runs[runId].IsNews(_cluster.Runs[runId].Generation, line.Text))
            {
                Tell(runId, new RunEvent { Warning = new WarningEvent { Text = line.Text } });
            }
        }
    }

    // A report by one of several ranks changes nothing that is stored.
    private static bool Persists(RunRecord? before, RunRecord after) => before is null
        || before with { Pending = after.Pending, Members = after.Members, StepSeconds = after.StepSeconds, PlannedFrom = after.PlannedFrom, PlannedThrough = after.PlannedThrough } != after
        || before.Members.Length != after.Members.Length
        || before.Members.Any(member => member.IsActive) != after.Members.Any(member => member.IsActive);

    private void Tell(string runId, RunEvent told)
    {
        var entry = _runs[runId];
        entry.Progress = entry.Progress with { LastSequence = entry.Progress.LastSequence + 1 };
        told.Sequence = entry.Progress.LastSequence;
        told.Time = Wire.Time(_clock.GetUtcNow());
        _writes.Add(new AddEvent(runId, told));
        _touched.Add(runId);
    }
}

/// <summary>A run beside what the decisions know of it.</summary>
internal sealed class RunEntry(RunFacts facts, IRunFolder folder)
{
    private (long Generation, HashSet<string> Texts) _warned = (0, []);

    public RunFacts Facts => facts;

    public RunProgress Progress { get; set; } = new();

    public LedgerFile Ledger { get; } = new(folder);

    /// <summary>Whether the copy in the folder is to be held against the stored ledger: it is new here, or a line could not be written, or not whole.</summary>
    public bool LedgerIsDoubtful { get; set; }

    /// <summary>Whether the folder refused the last line; it is warned of once.</summary>
    public bool LedgerFails { get; set; }

    /// <summary>How fast its ranks are.</summary>
    public PaceWatch Paces { get; } = new();

    /// <summary>The checkpoint that was heard of last.</summary>
    public CheckpointEvent LastSaved { get; set; } = new();

    /// <summary>Digests of the newest committed steps, so that a repeated report needs no look at the disk.</summary>
    public Dictionary<long, ulong?> RecentDigests { get; } = [];

    /// <summary>Whether a worker's warning was not told in this generation yet.</summary>
    public bool IsNews(long generation, string warning)
    {
        if (_warned.Generation != generation)
        {
            _warned = (generation, []);
        }

        return _warned.Texts.Add(warning);
    }
}
