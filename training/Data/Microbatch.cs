namespace Orchestrator.Training.Data;

/// <summary>One microbatch, ready for the model.</summary>
/// <param name="Step">The step it belongs to.</param>
/// <param name="Slot">Its place in the step.</param>
/// <param name="Tokens">What the model gets.</param>
public sealed record Microbatch(long Step, int Slot, TokenBatch Tokens);
