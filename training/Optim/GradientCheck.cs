using Orchestrator.Training.Native;

namespace Orchestrator.Training.Optim;

/// <summary>Looks a gradient over before it is used.</summary>
public static unsafe class GradientCheck
{
    /// <summary>The Euclidean norm of all gradients together.</summary>
    /// <param name="parameters">The layout.</param>
    /// <param name="gradients">Gradients in that layout, for example a sum over microbatches.</param>
    /// <param name="scale">What they are multiplied by.</param>
    public static double Norm(FlatParameters parameters, float* gradients, double scale)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return scale * Math.Sqrt(Kernels.SumSquares(gradients, parameters.Length));
    }

    /// <summary>The weight whose gradient holds an infinity or a NaN, or null.</summary>
    public static ParameterSlice? FirstNonFinite(FlatParameters parameters, float* gradients)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var place = Kernels.FirstNonFinite(gradients, parameters.Length);
        return place < 0 ? null : parameters.Slices.Last(slice => slice.Offset <= place);
    }
}
