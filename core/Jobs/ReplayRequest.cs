namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>replay</c>: does a run's steps again from the checkpoint before one of them, and compares the weights with what the ledger says.</summary>
/// <remarks>
/// Its events: <c>progress</c> (stage replay, steps); <c>replayed</c> {step, workers, from_step, from, weights_digest, ledger_digest, same}, where they differ with
/// {first_step} (the first step replayed whose digest differs) and, where a checkpoint of the step or of a later one stands, {tensor_step, tensor, layer, tensors}:
/// the step of that checkpoint, up to which is replayed, the first tensor that differs there, its layer, and how many do. Then exit code 1 where they differ.
/// </remarks>
public sealed record ReplayRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "replay";

    /// <summary>The run's folder: ledger and checkpoints.</summary>
    public string Folder { get; init; } = "";

    /// <summary>The run's spec, YAML, its paths absolute.</summary>
    public string Spec { get; init; } = "";

    /// <summary>The step.</summary>
    public long Step { get; init; }

    /// <summary>On how many ranks; the result does not depend on it. They are threads of one process.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing or out of range.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Folder))
        {
            throw new BadInputException("folder: none was named; name a run's folder.");
        }

        if (Step < 1)
        {
            throw new BadInputException($"--step must be at least 1, was {Step}.");
        }

        if (Workers is < 1 or > 64)
        {
            throw new BadInputException($"--workers must be from 1 to 64, was {Workers}.");
        }
    }
}
