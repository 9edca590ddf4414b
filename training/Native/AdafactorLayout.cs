using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Native;

/// <summary>How Adafactor sees one tensor: a batch of matrices whose second moment is kept by row and column, or plain values.</summary>
/// <param name="Batch">Leading dimensions, multiplied out; 1 for a matrix.</param>
/// <param name="Rows">The last dimension but one; 1 where not factored.</param>
/// <param name="Columns">The last dimension; all values where not factored.</param>
/// <param name="Factored">Whether the second moment is an outer product of row and column averages.</param>
/// <param name="BySlice">Whether each matrix of the batch is clipped and scaled by itself (T5X), not all together.</param>
public readonly record struct AdafactorLayout(long Batch, long Rows, long Columns, bool Factored, bool BySlice = false)
{
    /// <summary>Values of the tensor.</summary>
    public long Count => Batch * Rows * Columns;

    /// <summary>
    /// Values of its state, fp32, zero before the first step. Factored: row averages [Batch, Rows], then column averages
    /// [Batch, Columns]. Otherwise: the second moment, in the tensor's shape.
    /// </summary>
    public long StateCount => Factored ? Batch * (Rows + Columns) : Count;

    /// <summary>The layout of a tensor of a shape under a rule.</summary>
    /// <param name="shape">Dimensions, row-major; empty for a single value.</param>
    /// <param name="rules">Whose rule; see <see cref="AdafactorRules"/>.</param>
    /// <param name="minFactoredDimension">Both factored dimensions must be at least this (not under Hugging Face's rule).</param>
    /// <param name="factored">Whether anything is factored at all.</param>
    /// <exception cref="ArgumentException">Mesh's rule factors two dimensions that are not the last two.</exception>
    public static AdafactorLayout For(ReadOnlySpan<long> shape, AdafactorRules rules, int minFactoredDimension = 128, bool factored = true)
    {
        long count = 1, batch = 1, largest = 1;
        for (var i = 0; i < shape.Length; i++)
        {
            count *= shape[i];
            batch *= i < shape.Length - 2 ? shape[i] : 1;
            largest = i < shape.Length - 2 ? Math.Max(largest, shape[i]) : largest;
        }

        var plain = new AdafactorLayout(1, 1, count, Factored: false);
        if (shape.Length < 2 || !factored)
        {
            return plain;
        }

        var (rows, columns) = (shape[^2], shape[^1]);
        var large = rules == AdafactorRules.HuggingFace || Math.Min(rows, columns) >= minFactoredDimension;
        if (rules == AdafactorRules.Mesh && shape.Length > 2 && largest > Math.Min(rows, columns) && largest >= minFactoredDimension)
        {
            throw new ArgumentException("Mesh's rule would factor two dimensions that are not the last two; use the T5X or the Hugging Face rule.", nameof(shape));
        }

        return large ? new AdafactorLayout(batch, rows, columns, Factored: true, BySlice: rules == AdafactorRules.T5x) : plain;
    }
}

/// <summary>Adafactor's constants; see <see cref="OptimizerSpec"/>.</summary>
/// <param name="ClipThreshold">Updates are scaled down to this RMS; 0: they are not.</param>
/// <param name="Epsilon1">Added to squared gradients.</param>
/// <param name="Epsilon2">Floor of a parameter's RMS where the step is scaled by it.</param>
/// <param name="ScaleParameter">Whether a step is scaled by the parameter's RMS.</param>
/// <param name="MaxScale">Ceiling of a parameter's RMS where the step is scaled by it.</param>
/// <param name="Beta1">Decay of the momentum, where there is one.</param>
/// <param name="WeightDecay">Weights are taken times 1 - this before the update.</param>
/// <param name="DecayByRate">Whether the decay is multiplied by the scaled learning rate, as in Hugging Face's class.</param>
public readonly record struct AdafactorConstants(
    double ClipThreshold = 1.0,
    double Epsilon1 = 1e-30,
    double Epsilon2 = 1e-3,
    bool ScaleParameter = true,
    double MaxScale = double.PositiveInfinity,
    double Beta1 = 0.0,
    double WeightDecay = 0.0,
    bool DecayByRate = false);
