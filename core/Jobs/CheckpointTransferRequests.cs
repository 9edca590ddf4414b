using Orchestrator.Core.Checkpoints;

namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>checkpoint-import</c>: makes a checkpoint of step 0 from a Hugging Face T5 folder.</summary>
/// <remarks>Its events: <c>progress</c> (stage import, bytes); <c>finished</c> {path, weights_digest, parameters, bytes, vocabulary, model}, the last as a spec's section.</remarks>
public sealed record CheckpointImportRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "checkpoint-import";

    /// <summary>The Hugging Face folder.</summary>
    public string Folder { get; init; } = "";

    /// <summary>The checkpoint's folder, new or empty.</summary>
    public string Out { get; init; } = "";

    /// <summary>A spiece.model; null: the folder's own, if it has one.</summary>
    public string? Vocabulary { get; init; }

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing.</exception>
    public void Validate()
    {
        JobFields.Require(Folder, "folder", "name a Hugging Face folder of a T5.");
        JobFields.Require(Out, "out", "name the new checkpoint's folder with --out.");
    }
}

/// <summary>The job <c>checkpoint-export</c>: writes a checkpoint's model as a Hugging Face folder.</summary>
/// <remarks>Its events: <c>progress</c> (stage export, bytes); <c>finished</c> {path, files, dtype, vocabulary}.</remarks>
public sealed record CheckpointExportRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "checkpoint-export";

    /// <summary>A checkpoint's folder, a folder of them (then the newest), or a Hugging Face folder.</summary>
    public string Checkpoint { get; init; } = "";

    /// <summary>The Hugging Face folder, new or empty.</summary>
    public string Out { get; init; } = "";

    /// <summary>Number format of the weights: F32, BF16 or F16.</summary>
    public TensorType Dtype { get; init; } = TensorType.F32;

    /// <summary>Bytes of weights in one file at most.</summary>
    public long MaxShardBytes { get; init; } = 5_000_000_000;

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing or out of its range.</exception>
    public void Validate()
    {
        JobFields.Require(Checkpoint, "checkpoint", "name a checkpoint's folder.");
        JobFields.Require(Out, "out", "name the new folder with --out.");
        if (Dtype is not (TensorType.F32 or TensorType.BF16 or TensorType.F16))
        {
            throw new BadInputException($"dtype: it was {Dtype}; choose fp32, bf16 or fp16.");
        }

        if (MaxShardBytes < 1)
        {
            throw new BadInputException($"max_shard_size: it was {MaxShardBytes} bytes; choose at least 1, for example 5GB.");
        }
    }
}

/// <summary>The job <c>checkpoint-diff</c>: compares the weights of two checkpoints or Hugging Face folders.</summary>
/// <remarks>
/// Its events: <c>tensor</c> {name, same, first, second, max_absolute, relative} for each weight of either; <c>finished</c> {tensors, different, first, second, with
/// path and digest each}. Exit code 1 where anything differs.
/// </remarks>
public sealed record CheckpointDiffRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "checkpoint-diff";

    /// <summary>A checkpoint's folder, a folder of them (then the newest), or a Hugging Face folder.</summary>
    public string First { get; init; } = "";

    /// <summary>The other one.</summary>
    public string Second { get; init; } = "";

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing.</exception>
    public void Validate()
    {
        JobFields.Require(First, "first", "name a checkpoint's folder.");
        JobFields.Require(Second, "second", "name the checkpoint to compare with.");
    }
}
