namespace Orchestrator.Core.Knowledge.Bios.Rewriting;

/// <summary>What became of a biography.</summary>
/// <param name="Number">Its place in its file, from 0.</param>
/// <param name="Attempts">How many texts were made of it.</param>
/// <param name="Text">The text that was kept, or null.</param>
/// <param name="Lost">What the last text lost, where none was kept: <c>name</c> or an attribute.</param>
public sealed record RewriteOutcome(long Number, int Attempts, string? Text, string? Lost);
