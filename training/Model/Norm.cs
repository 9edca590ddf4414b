using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>A norm with its weight: RMSNorm or, with a bias, LayerNorm.</summary>
internal sealed class Norm(FlatParameters parameters, double epsilon, string weight, string? bias = null) : INorm
{
    private readonly Weight _weight = new(parameters, weight);
    private readonly Weight? _bias = bias is null ? null : new(parameters, bias);

    /// <inheritdoc/>
    public (Tensor Result_RD, Tensor Statistics) Forward(Tensor x_RD, Pass pass) => _bias is null
        ? pass.Operations.RmsNorm(x_RD, _weight.Value, epsilon)
        : pass.Operations.LayerNorm(x_RD, _weight.Value, _bias.Value, epsilon);

    /// <summary>The normalised rows as an operand of matrix products, and what the backward half needs.</summary>
    public (Tensor Result_RD, Tensor Statistics) Operand(Tensor x_RD, Pass pass)
    {
        var (result, statistics) = Forward(x_RD, pass);
        return (pass.Operand(result), statistics);
    }

    /// <inheritdoc/>
    public void Backward(Tensor gradient_RD, Tensor x_RD, Tensor statistics, Tensor dx_RD, Pass pass)
    {
        if (_bias is null)
        {
            pass.Operations.RmsNormBackward(gradient_RD, x_RD, _weight.Value, statistics, dx_RD, _weight.Gradient);
            return;
        }

        pass.Operations.LayerNormBackward(gradient_RD, x_RD, _weight.Value, statistics, dx_RD, _weight.Gradient, _bias.Gradient);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weight.Dispose();
        _bias?.Dispose();
    }
}
