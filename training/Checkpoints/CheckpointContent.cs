using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Checkpoints;

/// <summary>What is saved at a step.</summary>
public sealed record CheckpointContent
{
    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>The sample with which the next step begins.</summary>
    public required CheckpointCursor Cursor { get; init; }

    /// <summary>The run's <see cref="Core.Specs.SpecDigest"/>.</summary>
    public required string SpecDigest { get; init; }

    /// <summary>The model's shapes, for config.json.</summary>
    public required ResolvedModel Shape { get; init; }

    /// <summary>The weights under Hugging Face's names, fp32 (a tied weight once).</summary>
    public required IReadOnlyList<TensorView> Model { get; init; }

    /// <summary>The optimizer's state.</summary>
    public required IReadOnlyList<TensorView> Optimizer { get; init; }

    /// <summary>The vocabulary's file, spiece.model; null leaves the tokenizer out.</summary>
    public string? Vocabulary { get; init; }

    /// <summary>adapter_config.json, where <see cref="Model"/> is an adapter in PEFT's names and not a whole model; else null.</summary>
    public byte[]? AdapterConfig { get; init; }

    /// <summary>The digest of the weights that an adapter adapts; null where <see cref="Model"/> is a whole model.</summary>
    public string? BaseDigest { get; init; }

    /// <summary>What the run's evaluations have come to, where it keeps the best: that checkpoint is not removed.</summary>
    public CheckpointEvaluation? Evaluation { get; init; }

    /// <summary>Figures for people: <c>train_loss</c> and the like; those that are not finite are left out.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();
}

/// <summary>How checkpoints are written and kept.</summary>
public sealed record CheckpointOptions
{
    /// <summary>How many of the newest stay, at least 1.</summary>
    public int Keep { get; init; } = 3;

    /// <summary>Bytes of tensors in one file; 5 GB is what Hugging Face's tools use.</summary>
    public long MaxShardBytes { get; init; } = 5_000_000_000;

    /// <summary>Steps that are never removed.</summary>
    public IReadOnlyCollection<long> Pinned { get; init; } = [];

    /// <summary>Who writes, for the message another writer gets: "run small-1".</summary>
    public string Holder { get; init; } = "a run";
}

/// <summary>A checkpoint that stands on disk.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="ManifestSha256">Digest of manifest.json, lower-case hexadecimal.</param>
/// <param name="WeightsDigest">See <see cref="Checkpoints.WeightsDigest"/>.</param>
/// <param name="Bytes">Of all files but the manifest.</param>
/// <param name="Stall">For how long the caller was held up.</param>
/// <param name="Elapsed">From the call to the rename.</param>
/// <param name="RemovedSteps">Older ones that retention removed.</param>
public sealed record SavedCheckpoint(
    long Step, string Folder, string ManifestSha256, ulong WeightsDigest, long Bytes, TimeSpan Stall, TimeSpan Elapsed, IReadOnlyList<long> RemovedSteps);

/// <summary>A checkpoint could not be saved or loaded; the message is one plain sentence. What was saved before is untouched.</summary>
/// <param name="message">The sentence.</param>
/// <param name="inner">The cause.</param>
public sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
