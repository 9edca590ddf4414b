namespace Orchestrator.Training.Checkpoints;

/// <summary>A sentence with everything that it is about, one a line.</summary>
internal static class Listed
{
    /// <summary>The sentence, then the lines, indented.</summary>
    public static string Under(string sentence, IReadOnlyList<string> lines) => string.Join("\n  ", [sentence, .. lines]);
}
