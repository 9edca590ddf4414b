namespace Orchestrator.Core.Runs;

/// <summary>Two workers between which the network passes nothing, though the coordinator hears both.</summary>
/// <param name="One">The one that said so.</param>
/// <param name="Other">Whom it could not reach.</param>
/// <param name="Times">How often that was found.</param>
/// <param name="Until">Until when they are not ranks of one generation; then they are tried again.</param>
public sealed record Separation(string One, string Other, int Times, DateTimeOffset Until)
{
    /// <summary>Whether it is about these two.</summary>
    public bool IsOf(string one, string other) => (One == one && Other == other) || (One == other && Other == one);
}
