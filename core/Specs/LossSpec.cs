namespace Orchestrator.Core.Specs;

/// <summary>The loss.</summary>
public sealed record LossSpec
{
    /// <summary>Weight of log² Z (T5: 1e-4).</summary>
    [AllowedRange(0)]
    public double ZLoss { get; init; } = 1e-4;

    /// <summary>Share of the target that all other tokens have together (0.1 in Vaswani et al. 2017); a perfect model's loss stays 0, as in T5X.</summary>
    [AddedLater]
    [AllowedRange(0, 1, BelowHigh = true)]
    public double LabelSmoothing { get; init; }

    /// <summary>What the summed loss is divided by.</summary>
    public LossNormalisation Normalisation { get; init; } = LossNormalisation.Tokens;
}

/// <summary>What the summed loss of a global batch is divided by.</summary>
public enum LossNormalisation
{
    /// <summary>The number of target tokens that count.</summary>
    Tokens,

    /// <summary>Nothing.</summary>
    Sum,

    /// <summary>The size of the target tensor, padding included (Mesh TensorFlow).</summary>
    TargetSize,
}
