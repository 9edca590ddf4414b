namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>What became of a stage: the file <c>stage.json</c> in its folder, which is there once it has ended well.</summary>
public sealed record StageRecord
{
    /// <summary>What it did.</summary>
    public required StageKind Kind { get; init; }

    /// <summary>The digest of its work, see <see cref="StudyStage"/>.</summary>
    public required string Digest { get; init; }

    /// <summary>Seconds it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>The run's spec digest, of a run.</summary>
    public string? SpecDigest { get; init; }

    /// <summary>The digest of the weights it ended with, of a run.</summary>
    public string? WeightsDigest { get; init; }

    /// <summary>The run's steps.</summary>
    public long? Steps { get; init; }

    /// <summary>The validation loss it ended with, nats a token; of a corpus with no validation half, the loss on what was trained on.</summary>
    public double? Loss { get; init; }

    /// <summary>The checkpoint it ended with, the best one where the run keeps the best, relative to the study's folder.</summary>
    public string? Checkpoint { get; init; }
}
