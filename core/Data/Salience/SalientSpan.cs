namespace Orchestrator.Core.Data.Salience;

/// <summary>A name or a date of a text.</summary>
/// <param name="Start">Its first UTF-16 place.</param>
/// <param name="End">The place after its last.</param>
/// <param name="Kind">What it names.</param>
public readonly record struct SalientSpan(int Start, int End, SalientKind Kind);
