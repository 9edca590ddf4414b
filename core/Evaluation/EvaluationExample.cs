namespace Orchestrator.Core.Evaluation;

/// <summary>One example of a text-to-text task.</summary>
/// <param name="Line">Its line or place in its file, from 1: it names the example everywhere.</param>
/// <param name="Input">What the model reads.</param>
/// <param name="Targets">The texts that are right, at least one.</param>
public sealed record EvaluationExample(long Line, string Input, IReadOnlyList<string> Targets);
