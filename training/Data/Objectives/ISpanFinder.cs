namespace Orchestrator.Training.Data.Objectives;

/// <summary>Finds the stretches of a text that tell of the world: names and dates. Thread-safe.</summary>
public interface ISpanFinder
{
    /// <summary>The spans of a window, in its order; they do not overlap.</summary>
    /// <param name="tokens">The window.</param>
    /// <param name="longest">Spans of more tokens are left out.</param>
    IReadOnlyList<(int Start, int End)> Find(ReadOnlySpan<int> tokens, int longest);
}
