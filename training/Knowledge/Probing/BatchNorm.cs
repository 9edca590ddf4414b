using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Knowledge.Probing;

// Letters: R = rows, D = width.

/// <summary>Batch normalisation of columns (Ioffe and Szegedy 2015, arXiv:1502.03167): (x - mean) / sqrt(variance + epsilon) * w + b.</summary>
/// <remarks>
/// Mean and variance are the batch's in a pass that trains, else their running averages, kept with PyTorch's constants: epsilon 1e-5, momentum 0.1,
/// the variance without bias. At least two rows.
/// </remarks>
internal sealed class BatchNorm : INorm
{
    private const double Epsilon = 1e-5;
    private const double Momentum = 0.1;

    private readonly Weight _weight;
    private readonly Weight _bias;
    private readonly Tensor _mean_D;
    private readonly Tensor _variance_D;

    /// <summary>A norm whose running averages are 0 and 1.</summary>
    public BatchNorm(FlatParameters parameters, string weight, string bias)
    {
        (_weight, _bias) = (new Weight(parameters, weight), new Weight(parameters, bias));
        _mean_D = zeros_like(_bias.Value).DetachFromDisposeScope();
        _variance_D = ones_like(_bias.Value).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    /// <returns>The result and, [2, D], mean and 1 / sqrt(variance + epsilon).</returns>
    public (Tensor Result_RD, Tensor Statistics) Forward(Tensor x_RD, Pass pass)
    {
        using var scope = NewDisposeScope();
        var (mean, variance) = pass.Training ? Measure(x_RD) : (_mean_D, _variance_D);
        var rstd = (variance + Epsilon).rsqrt();
        var result = ((x_RD - mean) * rstd * _weight.Value) + _bias.Value;
        return (result.MoveToOuterDisposeScope(), stack([mean, rstd]).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Backward(Tensor gradient_RD, Tensor x_RD, Tensor statistics, Tensor dx_RD, Pass pass)
    {
        using var scope = NewDisposeScope();
        var rstd = statistics.select(0, 1);
        var n = (x_RD - statistics.select(0, 0)) * rstd;
        var g = gradient_RD * _weight.Value;
        _weight.Gradient.add_((gradient_RD * n).sum([0]));
        _bias.Gradient.add_(gradient_RD.sum([0]));
        dx_RD.add_(rstd * (g - g.mean([0]) - (n * (g * n).mean([0]))));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
        _mean_D.Dispose();
        _variance_D.Dispose();
    }

    private (Tensor Mean_D, Tensor Variance_D) Measure(Tensor x_RD)
    {
        var rows = x_RD.shape[0];
        var mean = x_RD.mean([0]);
        var variance = (x_RD - mean).square().mean([0]);
        _mean_D.mul_(1.0 - Momentum).add_(mean * Momentum);
        _variance_D.mul_(1.0 - Momentum).add_(variance * (Momentum * rows / (rows - 1)));
        return (mean, variance);
    }
}
