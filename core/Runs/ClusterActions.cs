using System.Collections.Immutable;

namespace Orchestrator.Core.Runs;

/// <summary>Something to be done, in order, after the new state is stored.</summary>
public abstract record ClusterAction;

/// <summary>A run is in another phase, or a new generation of it began: its record says which and why.</summary>
public sealed record PhaseChanged(string RunId, RunPhase Phase, string Reason, long Generation, int WorldSize) : ClusterAction;

/// <summary>A worker becomes a rank of a generation.</summary>
public sealed record AssignRank(string WorkerId, string RunId, long Generation, int Rank, int WorldSize) : ClusterAction;

/// <summary>A worker is told the samples of steps First to Last.</summary>
public sealed record SendPlan(string WorkerId, string RunId, long Generation, long First, long Last) : ClusterAction;

/// <summary>A worker is asked to stop after the step in flight.</summary>
public sealed record SendDrain(string WorkerId, string RunId, long Generation, string Reason) : ClusterAction;

/// <summary>A worker is told that a generation is over.</summary>
public sealed record SendRelease(string WorkerId, string RunId, long Generation, string Reason, bool Forget) : ClusterAction;

/// <summary>A generation is the only one whose ranks may meet; 0: none may.</summary>
public sealed record OpenGeneration(string RunId, long Generation) : ClusterAction;

/// <summary>A step is done for good: it goes into the ledger.</summary>
public sealed record CommitStep(string RunId, long Step, long Generation, ulong? WeightsDigest, StepFacts? Facts) : ClusterAction;

/// <summary>A step that the ledger has was reported again: its digest must be the ledger's.</summary>
public sealed record VerifyStep(string RunId, long Step, string WorkerId, ulong WeightsDigest) : ClusterAction;

/// <summary>Something about a worker of a run that people should see.</summary>
public sealed record WorkerChanged(string RunId, string WorkerId, int Rank, string What) : ClusterAction;

/// <summary>Something that someone may want to act on.</summary>
public sealed record Warn(string RunId, string Text) : ClusterAction;

/// <summary>The new state and what follows from it.</summary>
public sealed record Transition(Cluster Cluster, ImmutableArray<ClusterAction> Actions);
