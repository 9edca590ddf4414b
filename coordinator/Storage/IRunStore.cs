using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Storage;

/// <summary>The coordinator's memory. Anyone may read; who leads writes. Reads run beside the writer and see whole batches.</summary>
internal interface IRunStore
{
    /// <summary>Tries to become the one who writes.</summary>
    /// <param name="address">Where others find this coordinator.</param>
    /// <returns>Null while another leads.</returns>
    IStoreSession? TryLead(string address);

    /// <summary>Where the leader is found, as far as it is known; empty: nobody led yet.</summary>
    string Leader();

    /// <summary>All runs, in the order in which they came.</summary>
    IReadOnlyList<(RunFacts Facts, RunRecord Run, RunProgress Progress)> LoadAll();

    /// <summary>A run's events from a sequence number on.</summary>
    IReadOnlyList<RunEvent> Events(string runId, long from, int limit);

    /// <summary>A run's committed steps from one on.</summary>
    IReadOnlyList<StepEvent> Steps(string runId, long from, int limit);

    /// <summary>A run's checkpoints that stand, the oldest first.</summary>
    IReadOnlyList<CheckpointEvent> Checkpoints(string runId);

    /// <summary>A run's log lines after one.</summary>
    IReadOnlyList<(long Id, LogLine Line)> Logs(string runId, long after, int limit);

    /// <summary>The weights digest that the ledger has for a step, or null.</summary>
    ulong? WeightsDigest(string runId, long step);

    /// <summary>The ledger's rows from a step on, the oldest first.</summary>
    IReadOnlyList<StoredStep> Ledger(string runId, long from);
}

/// <summary>A step as the ledger has it.</summary>
internal sealed record StoredStep(long Step, string Samples, ulong? WeightsDigest, string Digest);

/// <summary>The right to write, held until it is disposed of or lost to another. Used by one thread at a time.</summary>
internal interface IStoreSession : IDisposable
{
    /// <summary>Counts the leaders; a later one's is larger.</summary>
    long Term { get; }

    /// <summary>Stores a batch whole; when this returns it is on disk. An empty one asks only whether this session still leads.</summary>
    /// <exception cref="LeadershipLostException">Another leads: nothing was stored.</exception>
    void Commit(IReadOnlyList<StoreWrite> writes);

    /// <summary>Says that this leader lives; called about once a second.</summary>
    /// <exception cref="LeadershipLostException">Another leads.</exception>
    void Renew();
}

/// <summary>Another coordinator leads: what this one holds in memory counts for nothing.</summary>
internal sealed class LeadershipLostException(string message, Exception? inner = null) : Exception(message, inner);
