namespace Orchestrator.Training.Native;

public static unsafe partial class Kernels
{
    /// <summary>One Adafactor step of one whole tensor, in place.</summary>
    /// <remarks>Shazeer &amp; Stern 2018 (arXiv:1804.04235), algorithms 4 and 5, with means for sums as in T5X.</remarks>
    /// <param name="weights">[<see cref="AdafactorLayout.Count"/>].</param>
    /// <param name="gradient">As many; finite. Not modified.</param>
    /// <param name="state">[<see cref="AdafactorLayout.StateCount"/>].</param>
    /// <param name="layout">How the tensor is factored.</param>
    /// <param name="gradientScale">The gradient is taken times this (1 / tokens).</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="decay">Second-moment decay of this step, 1 - step^-0.8 with step from 1 in T5; in [0, 1).</param>
    /// <param name="constants">See <see cref="AdafactorConstants"/>.</param>
    /// <param name="momentum">The averaged update, as many values as weights; null: without momentum.</param>
    public static void AdafactorStep(
        float* weights,
        float* gradient,
        float* state,
        in AdafactorLayout layout,
        float gradientScale,
        double learningRate,
        double decay,
        in AdafactorConstants constants,
        float* momentum = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(decay);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(decay, 1.0);
        if (layout.Count == 0)
        {
            return;
        }

        var tensor = new NativeAdafactorTensor
        {
            Weight = weights,
            Grad = gradient,
            State = state,
            Momentum = momentum,
            Batch = layout.Batch,
            Rows = layout.Rows,
            Columns = layout.Columns,
            Factored = layout.Factored ? 1 : 0,
            BySlice = layout.BySlice ? 1 : 0,
        };
        var step = new NativeAdafactorStep
        {
            LearningRate = learningRate,
            Decay = decay,
            ClipThreshold = constants.ClipThreshold,
            Epsilon1 = constants.Epsilon1,
            Epsilon2 = constants.Epsilon2,
            MaxScale = constants.MaxScale,
            Beta1 = constants.Beta1,
            WeightDecay = constants.WeightDecay,
            GradScale = gradientScale,
            ScaleParameter = constants.ScaleParameter ? 1 : 0,
            DecayByRate = constants.DecayByRate ? 1 : 0,
        };
        KernelsLibrary.AdafactorStep(&tensor, &step);
    }

    /// <summary>One AdamW step, in place (Loshchilov and Hutter 2019, algorithm 2, as PyTorch computes it).</summary>
    /// <param name="weights">[count].</param>
    /// <param name="gradient">As many; finite. Not modified.</param>
    /// <param name="first">Average of gradients, as many.</param>
    /// <param name="second">Average of squared gradients, as many.</param>
    /// <param name="count">Number of weights.</param>
    /// <param name="gradientScale">The gradient is taken times this (1 / tokens).</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="step">1 for the first.</param>
    /// <param name="constants">See <see cref="AdamConstants"/>.</param>
    public static void AdamStep(
        float* weights, float* gradient, float* first, float* second, long count, float gradientScale, double learningRate, long step, in AdamConstants constants)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        var corrected = constants.BiasCorrection;
        var native = new NativeAdamStep
        {
            Rate = (float)(learningRate / (corrected ? 1.0 - Math.Pow(constants.Beta1, step) : 1.0)),
            Beta1 = (float)constants.Beta1,
            Beta2 = (float)constants.Beta2,
            Root = (float)(corrected ? 1.0 / Math.Sqrt(1.0 - Math.Pow(constants.Beta2, step)) : 1.0),
            Epsilon = (float)constants.Epsilon,
            Keep = (float)(1.0 - (learningRate * constants.WeightDecay)),
            GradScale = gradientScale,
        };
        KernelsLibrary.AdamStep(weights, gradient, first, second, count, &native);
    }
}

/// <summary>AdamW's constants.</summary>
/// <param name="Beta1">Decay of the average of gradients, in [0, 1).</param>
/// <param name="Beta2">Decay of the average of squared gradients, in [0, 1).</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="WeightDecay">Share of a weight taken off a step, times the learning rate.</param>
/// <param name="BiasCorrection">Whether the averages are corrected for having begun at zero.</param>
public readonly record struct AdamConstants(
    double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, double WeightDecay = 0.0, bool BiasCorrection = true);
