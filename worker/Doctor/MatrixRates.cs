using System.Diagnostics;
using TorchSharp;

namespace Orchestrator.Worker.Doctor;

/// <summary>How fast this machine multiplies matrices through the tensor engine.</summary>
internal static class MatrixRates
{
    /// <summary>How long one rate is measured for, or one product where that takes longer.</summary>
    private static readonly TimeSpan s_span = TimeSpan.FromMilliseconds(400);

    /// <summary>The best of some products of two square matrices.</summary>
    /// <param name="type">Their values' type.</param>
    /// <param name="size">Their rows and columns.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    /// <returns>10⁹ floating-point operations a second, 2 size³ to the product.</returns>
    public static double Measure(torch.ScalarType type, long size, CancellationToken cancellationToken)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var left = torch.ones(size, size).to(type);
        var right = torch.ones(size, size).to(type);
        var best = TimeSpan.MaxValue;
        var begin = Stopwatch.GetTimestamp();
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var start = Stopwatch.GetTimestamp();
            left.matmul(right).Dispose();
            var took = Stopwatch.GetElapsedTime(start);
            best = took < best ? took : best;
        }
        while (Stopwatch.GetElapsedTime(begin) < s_span);
        return 2.0 * size * size * size / best.TotalSeconds / 1e9;
    }
}
