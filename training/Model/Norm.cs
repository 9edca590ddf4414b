using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>RMSNorm with its weight.</summary>
internal sealed class Norm(FlatParameters parameters, string name) : IDisposable
{
    private readonly Weight _weight = new(parameters, name);

    /// <summary>The normalised rows and 1 / rms.</summary>
    public (Tensor Result_RD, Tensor Rstd_R) Forward(Tensor x_RD, Pass pass) => pass.Operations.RmsNorm(x_RD, _weight.Value);

    /// <summary>The normalised rows as an operand of matrix products, and 1 / rms.</summary>
    public (Tensor Result_RD, Tensor Rstd_R) Operand(Tensor x_RD, Pass pass)
    {
        var (result, rstd) = Forward(x_RD, pass);
        return (pass.Operand(result), rstd);
    }

    /// <summary>Adds the gradient of x to <paramref name="dx_RD"/>.</summary>
    public void Backward(Tensor gradient_RD, Tensor x_RD, Tensor rstd_R, Tensor dx_RD, Pass pass) =>
        pass.Operations.RmsNormBackward(gradient_RD, x_RD, _weight.Value, rstd_R, dx_RD, _weight.Gradient);

    /// <inheritdoc/>
    public void Dispose() => _weight.Dispose();
}
