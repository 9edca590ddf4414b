using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>The process dies here.</summary>
internal sealed class SimulatedCrashException : Exception;

/// <summary>What the store holds of a run.</summary>
internal sealed class StoredRow(RunFacts facts)
{
    public RunFacts Facts => facts;

    public RunRecord Run { get; set; } = null!;

    public RunProgress Progress { get; set; } = new();

    public List<RunEvent> Events { get; } = [];

    public List<StoredStep> Ledger { get; } = [];

    public SortedDictionary<long, CheckpointEvent> Checkpoints { get; } = [];
}

/// <summary>A database on a disk that loses what was not synced when it crashes and tears what was being written; and a lock that one of its clients holds.</summary>
internal sealed class SimulatedDatabase(Agenda agenda, Flaws flaws) : IRunStore
{
    private readonly List<IReadOnlyList<StoreWrite>> _log = [];
    private SortedDictionary<string, StoredRow> _rows = new(StringComparer.Ordinal);
    private int _synced;
    private (string Address, long Term)? _holder;
    private long _term;
    private string _address = "";

    public IReadOnlyDictionary<string, StoredRow> Rows => _rows;

    public long Term => _term;

    /// <summary>Chance that a commit is where its process dies.</summary>
    public double CrashChance { get; set; }

    /// <summary>A batch of a leader is on disk, whether or not that one hears of it.</summary>
    public Action<string, IReadOnlyList<StoreWrite>>? Durable { get; set; }

    public IStoreSession? TryLead(string address)
    {
        if (_holder is not null)
        {
            return null;
        }

        _address = address;
        _holder = (address, ++_term);
        return new SimulatedSession(this, address, _term);
    }

    /// <summary>The holder's connection is gone, though it may not know.</summary>
    public void Drop(string? address = null)
    {
        if (address is null || _holder?.Address == address)
        {
            _holder = null;
        }
    }

    /// <summary>The machine of the database loses power: what is not synced is gone.</summary>
    public void Crash()
    {
        _holder = null;
        if (_synced == _log.Count)
        {
            return;
        }

        _log.RemoveRange(_synced, _log.Count - _synced);
        _rows = new SortedDictionary<string, StoredRow>(StringComparer.Ordinal);
        _log.ForEach(batch => Apply(batch, batch.Count));
    }

    public string Leader() => _address;

    public IReadOnlyList<(RunFacts Facts, RunRecord Run, RunProgress Progress)> LoadAll() =>
        [.. _rows.Values.OrderBy(row => row.Facts.Order).Select(row =>
        {
            // What is not in the stored form is lost with the process that knew it.
            var (run, progress) = StoredState.Read(row.Facts, StoredState.Write(row.Run, row.Progress));
            return (row.Facts, run, progress);
        })];

    public IReadOnlyList<RunEvent> Events(string runId, long from, int limit) => [.. _rows[runId].Events.Skip((int)from - 1).Take(limit)];

    public IReadOnlyList<StepEvent> Steps(string runId, long from, int limit) =>
        [.. _rows[runId].Events.Where(told => told.Step?.Step >= from).Select(told => told.Step).Take(limit)];

    public IReadOnlyList<CheckpointEvent> Checkpoints(string runId) => [.. _rows[runId].Checkpoints.Values];

    public IReadOnlyList<(long Id, LogLine Line)> Logs(string runId, long after, int limit) => [];

    public ulong? WeightsDigest(string runId, long step) => _rows[runId].Ledger.Find(row => row.Step == step)?.WeightsDigest;

    public IReadOnlyList<StoredStep> Ledger(string runId, long from) => [.. _rows[runId].Ledger.Where(row => row.Step >= from)];

    private void Commit(SimulatedSession session, IReadOnlyList<StoreWrite> writes)
    {
        var fenced = writes.Count == 0 ? !flaws.NoFencingOfAnswers : !flaws.NoFencing;
        if (fenced && (session.Term != _term || _holder?.Term != session.Term))
        {
            throw new LeadershipLostException($"term {session.Term} is over");
        }

        if (writes.Count == 0)
        {
            return;
        }

        var crash = agenda.Chance(CrashChance) ? agenda.Below(4) : -1;
        CrashIf(crash == 0);
        if (crash == 1)
        {
            // It was being written: the whole of it, or a part that recovery tells by its checksum.
            if (agenda.Chance(0.5))
            {
                Store(session, writes);
            }
            else if (flaws.TornBatches)
            {
                Store(session, [.. writes.Take(agenda.Below(writes.Count))]);
            }

            CrashIf(true);
        }

        Store(session, writes);
        CrashIf(crash == 2);
    }

    private static void CrashIf(bool crash)
    {
        if (crash)
        {
            throw new SimulatedCrashException();
        }
    }

    private void Store(SimulatedSession session, IReadOnlyList<StoreWrite> writes)
    {
        _log.Add(writes);
        Apply(writes, writes.Count);
        if (flaws.LateSync)
        {
            var count = _log.Count;
            agenda.In(1, 400, () => _synced = Math.Max(_synced, Math.Min(count, _log.Count)));
        }
        else
        {
            _synced = _log.Count;
        }

        Durable?.Invoke(session.Address, writes);
    }

    private void Apply(IReadOnlyList<StoreWrite> writes, int count)
    {
        foreach (var write in writes.Take(count))
        {
            switch (write)
            {
                case AddRun add:
                    Violation.Unless(!_rows.ContainsKey(add.Facts.Id), $"run {add.Facts.Id} is stored twice");
                    Violation.Unless(add.Facts.IdempotencyKey.Length == 0 || _rows.Values.All(row => row.Facts.IdempotencyKey != add.Facts.IdempotencyKey), $"key {add.Facts.IdempotencyKey} is stored twice");
                    _rows.Add(add.Facts.Id, new StoredRow(add.Facts) { Run = add.Run, Progress = add.Progress });
                    break;
                case ChangeRun change when _rows.TryGetValue(change.Run.Id, out var row):
                    (row.Run, row.Progress) = (change.Run, change.Progress);
                    break;
                case AddEvent add when _rows.TryGetValue(add.RunId, out var row):
                    Violation.Unless(add.Told.Sequence == row.Events.Count + 1, $"event {add.Told.Sequence} of run {add.RunId} follows event {row.Events.Count}");
                    row.Events.Add(add.Told);
                    break;
                case AddStep add when _rows.TryGetValue(add.RunId, out var row):
                    Violation.Unless(add.Step == row.Ledger.Count + 1, $"step {add.Step} of run {add.RunId} follows step {row.Ledger.Count}");
                    row.Ledger.Add(new StoredStep(add.Step, add.Samples, add.WeightsDigest, add.Digest));
                    break;
                case AddCheckpoint add when _rows.TryGetValue(add.RunId, out var row):
                    row.Checkpoints[add.Saved.Step] = add.Saved;
                    break;
                case RemoveCheckpoint remove when _rows.TryGetValue(remove.RunId, out var row):
                    row.Checkpoints.Remove(remove.Step);
                    break;
            }
        }
    }

    private sealed class SimulatedSession(SimulatedDatabase database, string address, long term) : IStoreSession
    {
        public string Address => address;

        public long Term => term;

        public void Commit(IReadOnlyList<StoreWrite> writes) => database.Commit(this, writes);

        public void Renew() => Commit([]);

        public void Dispose() => database.Drop(address);
    }
}

/// <summary>A promise of the control plane was broken.</summary>
internal sealed class Violation(string what) : Exception(what)
{
    public static void Unless(bool holds, string what)
    {
        if (!holds)
        {
            throw new Violation(what);
        }
    }
}
