using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>Looking for the attributes in the hidden states of the pre-trained model, which stays as it is.</summary>
public sealed record ProbeSettings
{
    /// <summary>Whether the tokens just before each attribute are looked at, in the biography (P-probe).</summary>
    public bool Position { get; init; }

    /// <summary>Whether the end of a name alone is looked at (Q-probe).</summary>
    public bool Question { get; init; }

    /// <summary>Steps of a probe's training.</summary>
    [AllowedRange(1, 100_000_000)]
    public int Steps { get; init; } = 30_000;

    /// <summary>Texts of a step; null: 50 biographies, or 200 names.</summary>
    [AllowedRange(2, 65536)]
    public int? Batch { get; init; }

    /// <summary>Rank of the embedding's update; null: 2, or 16 where names are read.</summary>
    [AllowedRange(1, 65536)]
    public int? Rank { get; init; }

    /// <summary>AdamW's learning rate at the first step; it falls to 0 along a line.</summary>
    [AllowedRange(0, 1e3, AboveLow = true)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>AdamW's weight decay.</summary>
    [AllowedRange(0, 1e3)]
    public double WeightDecay { get; init; } = 0.3;
}
