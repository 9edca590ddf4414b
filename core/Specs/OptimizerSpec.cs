namespace Orchestrator.Core.Specs;

/// <summary>Adafactor (Shazeer and Stern 2018, arXiv:1804.04235) or AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101); see docs/optimizers.md.</summary>
public sealed record OptimizerSpec
{
    /// <summary>The optimizer.</summary>
    public OptimizerKind Kind { get; init; } = OptimizerKind.Adafactor;

    /// <summary>Whose factoring rule: T5X, Mesh TensorFlow or Hugging Face.</summary>
    [Optimizers(OptimizerKind.Adafactor)]
    public AdafactorRules Rules { get; init; } = AdafactorRules.T5x;

    /// <summary>c in the second-moment decay 1 - t^-c.</summary>
    [Optimizers(OptimizerKind.Adafactor)]
    [AllowedRange(0, 1, AboveLow = true)]
    public double DecayExponent { get; init; } = 0.8;

    /// <summary>Updates are scaled down to this RMS, tensor by tensor; 0: they are not.</summary>
    [Optimizers(OptimizerKind.Adafactor)]
    [AllowedRange(0)]
    public double ClipThreshold { get; init; } = 1.0;

    /// <summary>Added to squared gradients.</summary>
    [Optimizers(OptimizerKind.Adafactor)]
    [AllowedRange(0, 1)]
    public double Epsilon1 { get; init; } = 1e-30;

    /// <summary>Floor of a parameter's RMS where the step is scaled by it.</summary>
    [Optimizers(OptimizerKind.Adafactor)]
    [AllowedRange(0, 1)]
    public double Epsilon2 { get; init; } = 1e-3;

    /// <summary>Whether a step is scaled by the parameter's RMS.</summary>
    [Optimizers(OptimizerKind.Adafactor)]
    public bool ScaleParameter { get; init; } = true;

    /// <summary>Both of the two factored dimensions must be at least this (T5X and Mesh).</summary>
    [Optimizers(OptimizerKind.Adafactor)]
    [AllowedRange(1, 1048576)]
    public int MinFactoredDimension { get; init; } = 128;

    /// <summary>Whether second moments are factored at all.</summary>
    [AddedLater]
    [Optimizers(OptimizerKind.Adafactor)]
    public bool Factored { get; init; } = true;

    /// <summary>Ceiling of a parameter's RMS where the step is scaled by it; null: none.</summary>
    [AddedLater]
    [Optimizers(OptimizerKind.Adafactor)]
    [AllowedRange(0, AboveLow = true)]
    public double? MaxScale { get; init; }

    /// <summary>Steps that the second-moment decay counts as over: t is the step less this, at least 1.</summary>
    [AddedLater]
    [Optimizers(OptimizerKind.Adafactor)]
    [AllowedRange(0)]
    public long StepOffset { get; init; }

    /// <summary>Regular expression over tensor names: these are not scaled by their RMS though the others are.</summary>
    [AddedLater]
    [Optimizers(OptimizerKind.Adafactor)]
    public string Unscaled { get; init; } = "";

    /// <summary>Decay of the average of gradients. AdamW: 0.9 where null; Adafactor: momentum of its updates, none where null.</summary>
    [AddedLater]
    [AllowedRange(0, 1, BelowHigh = true)]
    public double? Beta1 { get; init; }

    /// <summary>Decay of the average of squared gradients.</summary>
    [AddedLater]
    [Optimizers(OptimizerKind.Adamw)]
    [AllowedRange(0, 1, BelowHigh = true)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the average of squared gradients.</summary>
    [AddedLater]
    [Optimizers(OptimizerKind.Adamw)]
    [AllowedRange(0, 1, AboveLow = true)]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Whether the averages are corrected for having begun at zero (BERT's own code did not).</summary>
    [AddedLater]
    [Optimizers(OptimizerKind.Adamw)]
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Decoupled weight decay. AdamW: times the learning rate; Adafactor: see decay_rate_exponent, under Hugging Face's rules times the scaled learning rate.</summary>
    [AddedLater]
    [AllowedRange(0)]
    public double WeightDecay { get; init; }

    /// <summary>The weight decay of a step is weight_decay x learning rate to this power (T5X's weight_decay_rate_lr_exponent).</summary>
    [AddedLater]
    [Optimizers(OptimizerKind.Adafactor)]
    [AllowedRange(0, 16)]
    public double DecayRateExponent { get; init; }

    /// <summary>Regular expression over tensor names: these do not decay. Its default is norms, biases and relative position biases; an empty one: all decay.</summary>
    [AddedLater]
    public string NoDecay { get; init; } = "(?i)norm|bias|(^|[._])ln_";

    /// <summary>Gradients are scaled down to this norm over all tensors together; 0: they are not.</summary>
    [AddedLater]
    [AllowedRange(0)]
    public double ClipNorm { get; init; }
}

/// <summary>The optimizers.</summary>
public enum OptimizerKind
{
    /// <summary>Adafactor.</summary>
    Adafactor,

    /// <summary>Adam with decoupled weight decay.</summary>
    Adamw,
}

/// <summary>Which implementation's rules Adafactor follows.</summary>
public enum AdafactorRules
{
    /// <summary>T5X: last two logical axes, both at least 128.</summary>
    T5x,

    /// <summary>Mesh TensorFlow: the two largest axes, both at least 128.</summary>
    Mesh,

    /// <summary>Hugging Face: every tensor of rank two or more.</summary>
    HuggingFace,
}

/// <summary>The optimizers that have a field; without it, all have.</summary>
/// <param name="kinds">The optimizers.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptimizersAttribute(params OptimizerKind[] kinds) : Attribute
{
    /// <summary>The optimizers.</summary>
    public IReadOnlyList<OptimizerKind> Kinds => kinds;
}
