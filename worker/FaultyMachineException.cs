namespace Orchestrator.Worker;

/// <summary>This worker's machine computed other bits than it should have: it leaves, and the run goes on without it. Nothing was updated.</summary>
internal sealed class FaultyMachineException(string message) : Exception(message);
