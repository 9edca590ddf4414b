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
        return scale * Math.Sqrt(Kernels.SumSquares(gradients, parameters.GradientLength));
    }

    /// <summary>The factor that brings a gradient of some norm down to the largest that is allowed (Pascanu et al. 2013); 1 where it is not above.</summary>
    /// <param name="norm">The norm of all gradients together.</param>
    /// <param name="largest">The largest allowed; 0: any.</param>
    public static double ClipFactor(double norm, double largest) => largest > 0 && norm > largest ? largest / norm : 1.0;

    /// <summary>The weight whose gradient holds an infinity or a NaN, or null.</summary>
    public static ParameterSlice? FirstNonFinite(FlatParameters parameters, float* gradients)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var place = Kernels.FirstNonFinite(gradients, parameters.GradientLength);
        return place < 0 ? null : parameters.Slices.Last(slice => slice.Offset - parameters.GradientStart <= place);
    }
}
