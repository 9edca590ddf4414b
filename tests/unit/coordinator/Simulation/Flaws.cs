namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>Ways in which a test makes the world around the product worse than its contract, to see that the checks notice.</summary>
internal sealed record Flaws
{
    public static Flaws None { get; } = new();

    /// <summary>A deposed leader's writes are stored.</summary>
    public bool NoFencing { get; init; }

    /// <summary>A deposed leader may answer what needs no write.</summary>
    public bool NoFencingOfAnswers { get; init; }

    /// <summary>A commit is acknowledged before it is on disk.</summary>
    public bool LateSync { get; init; }

    /// <summary>Of a batch that a crash tore, the part that reached the disk counts.</summary>
    public bool TornBatches { get; init; }

    /// <summary>A new session's worker says again nothing of what the last session may have lost.</summary>
    public bool NoRepeats { get; init; }

    /// <summary>Who submits a run again, not having heard the answer, brings no key by which the coordinator could tell.</summary>
    public bool NoKeys { get; init; }
}
