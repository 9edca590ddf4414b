namespace Orchestrator.Core.Runs;

/// <summary>Something that happened.</summary>
public abstract record ClusterEvent;

/// <summary>A run was submitted. The record is new: queued, with no members.</summary>
public sealed record RunSubmitted(RunRecord Run) : ClusterEvent;

/// <summary>Someone asks to pause a run.</summary>
public sealed record PauseAsked(string RunId) : ClusterEvent;

/// <summary>Someone asks to let a stopped run go on.</summary>
public sealed record ResumeAsked(string RunId) : ClusterEvent;

/// <summary>Someone asks to cancel a run.</summary>
public sealed record CancelAsked(string RunId) : ClusterEvent;

/// <summary>A worker connected, or connected again; what it says it holds may be stale.</summary>
public sealed record WorkerAppeared(string WorkerId, long Session, string? HeldRunId = null, long HeldGeneration = 0, long HeldStep = 0) : ClusterEvent;

/// <summary>A worker's connection ended.</summary>
public sealed record WorkerDisconnected(string WorkerId, long Session) : ClusterEvent;

/// <summary>Workers said that they live, each last at a time.</summary>
public sealed record WorkersHeard(IReadOnlyCollection<KeyValuePair<string, DateTimeOffset>> Last) : ClusterEvent;

/// <summary>What a worker does changed.</summary>
public sealed record ActivityChanged(string WorkerId, string Activity, string Waiting = "") : ClusterEvent;

/// <summary>A rank met its peers and stands at a step.</summary>
public sealed record RankReady(string WorkerId, string RunId, long Generation, long Step, ulong WeightsDigest, string Source, WorkerTimes? Spent = null) : ClusterEvent;

/// <summary>A rank did a step.</summary>
public sealed record StepReported(string WorkerId, string RunId, long Generation, long Step, ulong WeightsDigest, StepFacts? Facts, WorkerTimes? Spent = null) : ClusterEvent;

/// <summary>A rank stopped working for its generation.</summary>
public sealed record RankLeft(
    string WorkerId, string RunId, long Generation, LeftOutcome Outcome, string Text, long Step, ulong WeightsDigest, bool Leaving, WorkerTimes? Spent = null)
    : ClusterEvent;

/// <summary>A rank's connection to a peer broke. The rank may still compute; its next call to that peer fails.</summary>
/// <param name="WorkerId">Who says so.</param>
/// <param name="RunId">The run.</param>
/// <param name="Generation">Its generation.</param>
/// <param name="Peer">The peer's rank; -1: not known.</param>
/// <param name="Text">What happened.</param>
/// <param name="Silence">Where the network passes nothing between the two, who may both live: for how long nothing had come from the peer.</param>
public sealed record PeerSuspected(string WorkerId, string RunId, long Generation, int Peer, string Text, TimeSpan? Silence = null) : ClusterEvent;

/// <summary>A worker has opened a run's corpus and built its model.</summary>
public sealed record WorkerPrepared(string WorkerId, string RunId) : ClusterEvent;

/// <summary>A rank's slots take much longer than the others', or no longer do.</summary>
/// <param name="RunId">The run.</param>
/// <param name="WorkerId">Who.</param>
/// <param name="Slow">Whether it is slow now.</param>
/// <param name="Text">With the figures.</param>
public sealed record PaceChanged(string RunId, string WorkerId, bool Slow, string Text) : ClusterEvent;

/// <summary>A checkpoint of a run was committed.</summary>
public sealed record CheckpointCommitted(string RunId, long Step) : ClusterEvent;

/// <summary>The validation loss after a step was measured.</summary>
public sealed record StepEvaluated(string RunId, long Step) : ClusterEvent;

/// <summary>The run's stored history contradicts what was computed: it must not go on.</summary>
public sealed record FaultFound(string RunId, string Text) : ClusterEvent;

/// <summary>Time has passed.</summary>
public sealed record Ticked : ClusterEvent;
