namespace Orchestrator.Core.Runs;

/// <summary>Where a run stands.</summary>
public enum RunPhase
{
    /// <summary>Accepted; waits for workers.</summary>
    Queued,

    /// <summary>Workers are being gathered, or meet.</summary>
    Placing,

    /// <summary>The ranks train.</summary>
    Running,

    /// <summary>The generation broke; a new one is being formed.</summary>
    Recovering,

    /// <summary>Stopped after a whole step, until someone resumes it.</summary>
    Paused,

    /// <summary>All steps done and saved.</summary>
    Succeeded,

    /// <summary>It cannot go on; the reason names the fault. May be resumed once the fault is mended.</summary>
    Failed,

    /// <summary>Stopped for good; may still be resumed.</summary>
    Cancelled,
}

/// <summary>What a phase means.</summary>
public static class RunPhases
{
    /// <summary>Whether nothing more happens by itself and the run's folder is free.</summary>
    public static bool IsEnded(this RunPhase phase) => phase is RunPhase.Succeeded or RunPhase.Failed or RunPhase.Cancelled;
}

/// <summary>Why the ranks of a generation were asked to stop after the step in flight.</summary>
public enum DrainIntent
{
    /// <summary>They were not.</summary>
    None,

    /// <summary>Someone paused the run.</summary>
    Pause,

    /// <summary>Someone cancelled the run.</summary>
    Cancel,

    /// <summary>More workers are there: a larger generation follows.</summary>
    Grow,

    /// <summary>A worker is much slower than the others: a generation without it follows.</summary>
    Replace,
}

/// <summary>How a rank left its generation.</summary>
public enum LeftOutcome
{
    /// <summary>All steps done, or none more worth doing, and the last checkpoint committed.</summary>
    Finished,

    /// <summary>Stopped after a whole step, as asked.</summary>
    Drained,

    /// <summary>A peer vanished or the communicator broke; this rank keeps its state.</summary>
    PeerLost,

    /// <summary>The run cannot go on.</summary>
    Failed,

    /// <summary>This worker cannot go on, others may.</summary>
    Broken,
}
