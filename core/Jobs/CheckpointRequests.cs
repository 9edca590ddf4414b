namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>checkpoint-list</c>: names the checkpoints in a folder, oldest first, without reading their tensors.</summary>
/// <remarks>Its events: <c>checkpoint</c> {step, path, bytes, weights_digest, best: {metric, value} or null} for each, with {fault} where its manifest is damaged; <c>finished</c> {count}.</remarks>
public sealed record CheckpointListRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "checkpoint-list";

    /// <summary>A run's folder, or its checkpoints folder.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Folder))
        {
            throw new BadInputException("folder: none was named; name a run's folder.");
        }
    }
}

/// <summary>The job <c>checkpoint-verify</c>: reads every byte of a checkpoint and compares every digest.</summary>
/// <remarks>
/// Its events: <c>progress</c> (stage verify, bytes); <c>verified</c> {path, step, files, bytes, weights_digest},
/// or <c>damaged</c> {file, fault} for each damaged file and then exit code 1; <c>finished</c> {}.
/// </remarks>
public sealed record CheckpointVerifyRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "checkpoint-verify";

    /// <summary>A checkpoint's folder, or a folder of them: then each is verified.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Folder))
        {
            throw new BadInputException("folder: none was named; name a checkpoint's folder.");
        }
    }
}
