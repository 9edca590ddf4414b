namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>checkpoint-merge</c>: makes a plain checkpoint of one of a run with low-rank adaptation.</summary>
/// <remarks>Its events: <c>progress</c> (stage merge, bytes); <c>finished</c> {path, adapter, base, weights_digest, bytes}.</remarks>
public sealed record CheckpointMergeRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "checkpoint-merge";

    /// <summary>The adapter's checkpoint, or a run's folder: then its newest.</summary>
    public string Checkpoint { get; init; } = "";

    /// <summary>The plain checkpoint's folder, new or empty.</summary>
    public string Out { get; init; } = "";

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing.</exception>
    public void Validate()
    {
        JobFields.Require(Checkpoint, "checkpoint", "name the checkpoint of a run with model.lora.");
        JobFields.Require(Out, "out", "name the new checkpoint's folder with --out.");
    }
}
