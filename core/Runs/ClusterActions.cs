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

/// <summary>An idle worker is asked to make itself ready for a run.</summary>
public sealed record SendPrepare(string WorkerId, string RunId) : ClusterAction;

/// <summary>A worker is asked to stop after the step in flight.</summary>
/// <param name="WorkerId">Who.</param>
/// <param name="RunId">The run.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Reason">Why.</param>
/// <param name="GoesOn">Whether other ranks take the run on at once, from this one's memory: nothing need be saved.</param>
public sealed record SendDrain(string WorkerId, string RunId, long Generation, string Reason, bool GoesOn) : ClusterAction;

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

/// <summary>A worker was lost: its connection, should it still stand, is closed, so that it introduces itself again if it lives.</summary>
public sealed record CutSession(string WorkerId) : ClusterAction;

/// <summary>A generation trains after one that broke.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Generation">The new generation.</param>
/// <param name="Breakage">What broke the old one.</param>
/// <param name="Recovery">From the coordinator's knowing of the break until every rank was ready.</param>
/// <param name="RepeatedSteps">Committed steps that are done again.</param>
/// <param name="Source">Where the state came from: held, peers, checkpoint or none.</param>
public sealed record Recovered(string RunId, long Generation, Breakage Breakage, TimeSpan Recovery, long RepeatedSteps, string Source) : ClusterAction;

/// <summary>Something that someone may want to act on.</summary>
public sealed record Warn(string RunId, string Text) : ClusterAction;

/// <summary>The new state and what follows from it.</summary>
/// <param name="Cluster">The state.</param>
/// <param name="Actions">What is to be done, in order.</param>
/// <param name="Changed">The runs whose records are others than before.</param>
public sealed record Transition(Cluster Cluster, ImmutableArray<ClusterAction> Actions, IReadOnlyCollection<string> Changed);
