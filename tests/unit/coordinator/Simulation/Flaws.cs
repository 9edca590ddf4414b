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

    /// <summary>Ranks go on from what one of them holds though a checkpoint is newer.</summary>
    public bool StaleMemory { get; init; }

    /// <summary>A worker that loses its peers or connects again does not say at which step it stands.</summary>
    public bool UntoldSteps { get; init; }

    /// <summary>Whose generation is over commits a checkpoint as if it were not.</summary>
    public bool StaleCheckpoints { get; init; }

    /// <summary>Whose generation is over is let into the room of the newest.</summary>
    public bool OpenRooms { get; init; }

    /// <summary>What comes over a replaced session is taken as if it came over the last.</summary>
    public bool StaleSessions { get; init; }
}
