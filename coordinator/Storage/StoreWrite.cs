using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Storage;

/// <summary>Something to be stored. Those of one batch are stored together or not at all, in order.</summary>
internal abstract record StoreWrite;

/// <summary>A run was accepted.</summary>
internal sealed record AddRun(RunFacts Facts, RunRecord Run, RunProgress Progress) : StoreWrite;

/// <summary>A run's changing part is another.</summary>
internal sealed record ChangeRun(RunRecord Run, RunProgress Progress) : StoreWrite;

/// <summary>Something happened to a run that people are told; its sequence number is unique in the run.</summary>
internal sealed record AddEvent(string RunId, RunEvent Told) : StoreWrite;

/// <summary>A committed step's line in the ledger; a step is there once.</summary>
internal sealed record AddStep(string RunId, long Step, string Samples, ulong? WeightsDigest, string Digest) : StoreWrite;

/// <summary>A run takes over another's ledger and checkpoints.</summary>
internal sealed record Inherit(string From, string To) : StoreWrite;

/// <summary>A checkpoint stands.</summary>
internal sealed record AddCheckpoint(string RunId, CheckpointEvent Saved) : StoreWrite;

/// <summary>A checkpoint's folder was removed.</summary>
internal sealed record RemoveCheckpoint(string RunId, long Step) : StoreWrite;

/// <summary>A worker's log said something.</summary>
internal sealed record AddLogLine(string RunId, LogLine Line) : StoreWrite;
