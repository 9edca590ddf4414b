namespace Orchestrator.Core.Specs;

/// <summary>Adafactor (Shazeer and Stern 2018, arXiv:1804.04235).</summary>
public sealed record OptimizerSpec
{
    /// <summary>The optimizer.</summary>
    public OptimizerKind Kind { get; init; } = OptimizerKind.Adafactor;

    /// <summary>Whose factoring rule: T5X, Mesh TensorFlow or Hugging Face.</summary>
    public AdafactorRules Rules { get; init; } = AdafactorRules.T5x;

    /// <summary>c in the second-moment decay 1 - t^-c.</summary>
    [AllowedRange(0, 1, AboveLow = true)]
    public double DecayExponent { get; init; } = 0.8;

    /// <summary>Updates are scaled down to this RMS.</summary>
    [AllowedRange(0, AboveLow = true)]
    public double ClipThreshold { get; init; } = 1.0;

    /// <summary>Added to squared gradients.</summary>
    [AllowedRange(0, 1)]
    public double Epsilon1 { get; init; } = 1e-30;

    /// <summary>Floor of a parameter's RMS where the step is scaled by it.</summary>
    [AllowedRange(0, 1)]
    public double Epsilon2 { get; init; } = 1e-3;

    /// <summary>Whether a step is scaled by the parameter's RMS.</summary>
    public bool ScaleParameter { get; init; } = true;

    /// <summary>Both of the two factored dimensions must be at least this (T5X and Mesh).</summary>
    [AllowedRange(1, 1048576)]
    public int MinFactoredDimension { get; init; } = 128;
}

/// <summary>The optimizers.</summary>
public enum OptimizerKind
{
    /// <summary>Adafactor.</summary>
    Adafactor,
}

/// <summary>Which implementation's factoring rule Adafactor follows.</summary>
public enum AdafactorRules
{
    /// <summary>T5X: last two logical axes, both at least 128.</summary>
    T5x,

    /// <summary>Mesh TensorFlow: the two largest axes, both at least 128.</summary>
    Mesh,

    /// <summary>Hugging Face: every tensor of rank two or more.</summary>
    HuggingFace,
}
