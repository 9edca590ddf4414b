namespace Orchestrator.Training.Data;

/// <summary>One microbatch, ready for the model. Row-major [Rows, InputLength] and [Rows, TargetLength], padded with 0.</summary>
/// <param name="Step">The step it belongs to.</param>
/// <param name="Slot">Its place in the step.</param>
/// <param name="Rows">Samples.</param>
/// <param name="InputLength">Encoder tokens of a row, padding included.</param>
/// <param name="TargetLength">Decoder tokens of a row, padding included.</param>
/// <param name="Inputs">Encoder tokens.</param>
/// <param name="Targets">Decoder tokens.</param>
/// <param name="TargetTokens">Target tokens that are not padding.</param>
public sealed record Microbatch(
    long Step, int Slot, int Rows, int InputLength, int TargetLength, long[] Inputs, long[] Targets, int TargetTokens);
