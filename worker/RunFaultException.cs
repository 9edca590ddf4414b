namespace Orchestrator.Worker;

/// <summary>The run cannot go on, on this or any other worker: the sentence says at which step and why. Nothing was updated.</summary>
internal sealed class RunFaultException(string message) : Exception(message);
