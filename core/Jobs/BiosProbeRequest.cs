using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>bios-probe</c>: trains linear probes on a frozen model's last hidden layer, and tests them on other people.</summary>
/// <remarks>
/// What is not given is the paper's (Allen-Zhu and Li 2023, arXiv:2309.14316, P-probing and Q-probing).
/// Its events: <c>progress</c> (stage read, biographies; train, steps; test, texts); <c>probe</c>, a <see cref="BioProbeResult"/>;
/// <c>finished</c> {checkpoint, step, seconds}.
/// </remarks>
public sealed record BiosProbeRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "bios-probe";

    /// <summary>A checkpoint's folder, a folder of them (then the newest), or a Hugging Face folder.</summary>
    public string Checkpoint { get; init; } = "";

    /// <summary>A folder of people and biographies.</summary>
    public string Data { get; init; } = "";

    /// <summary>Where the probes read.</summary>
    public BioProbeKind Kind { get; init; }

    /// <summary>Steps of training.</summary>
    public int Steps { get; init; } = 30_000;

    /// <summary>Texts of a step; null: 50 biographies, or 200 names.</summary>
    public int? Batch { get; init; }

    /// <summary>Rank of the embedding's update; null: 2, or 16 where names are read.</summary>
    public int? Rank { get; init; }

    /// <summary>AdamW's learning rate at the first step; it falls to 0 along a line.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>AdamW's weight decay.</summary>
    public double WeightDecay { get; init; } = 0.3;

    /// <summary>Of initial values, order and dropout.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Texts of a step.</summary>
    public int BatchOrDefault => Batch ?? (Kind == BioProbeKind.Position ? 50 : 200);

    /// <summary>Rank of the embedding's update.</summary>
    public int RankOrDefault => Rank ?? (Kind == BioProbeKind.Position ? 2 : 16);

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing or out of its range.</exception>
    public void Validate()
    {
        JobFields.Require(Checkpoint, "checkpoint", "name a checkpoint's folder.");
        JobFields.Require(Data, "data", "name a folder that 'orchestrator study bios generate' wrote.");
        JobFields.Require(Enum.IsDefined(Kind), $"kind: it was {Kind}; choose position or question.");
        JobFields.Require(Steps is >= 1 and <= 100_000_000, $"steps: it was {Steps}; choose from 1 to 100000000.");
        JobFields.Require(Batch is null or (>= 2 and <= 65536), $"batch: it was {Batch}; choose from 2 to 65536.");
        JobFields.Require(Rank is null or (>= 1 and <= 65536), $"rank: it was {Rank}; choose from 1 to 65536.");
        JobFields.Require(LearningRate > 0.0 && double.IsFinite(LearningRate), $"learning_rate: it was {LearningRate}; choose above 0, for example 0.001.");
        JobFields.Require(WeightDecay >= 0.0 && double.IsFinite(WeightDecay), $"weight_decay: it was {WeightDecay}; choose at least 0, for example 0.3.");
    }
}
