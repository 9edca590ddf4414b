namespace Orchestrator.Core.Data.Tasks;

/// <summary>One example, its prefix and templates filled in.</summary>
/// <param name="Input">What the model reads.</param>
/// <param name="Targets">What it is to write: the first is trained on, any is right when answers are measured. At least one.</param>
public sealed record TaskExample(string Input, IReadOnlyList<string> Targets);
