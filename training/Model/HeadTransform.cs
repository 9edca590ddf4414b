using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>What comes before BERT's output layer: norm(gelu(x W' + b)). Owns its parts.</summary>
internal sealed class HeadTransform(Linear dense, Norm norm, bool exactGelu) : IDisposable
{
    /// <summary>The result; x stays.</summary>
    public Tensor Forward(Tensor x_RD, Pass pass)
    {
        var operand = pass.OperandOf(x_RD);
        var projected = dense.Matrix.Apply(operand, pass);
        var active = pass.Operations.Gelu(projected, dense.Bias!.Value, exactGelu);
        var (result, statistics) = norm.Forward(active, pass);
        pass.Keep(operand, projected, active, statistics);
        return result;
    }

    /// <summary>The gradient of x; that of the result is used up.</summary>
    public Tensor Backward(Tensor gradient_RD, Pass pass)
    {
        using var kept = pass.Restore();
        using var dactive = zeros_like(gradient_RD);
        norm.Backward(gradient_RD, kept[2], kept[3], dactive, pass);
        pass.Operations.GeluBackward(dactive, kept[1], exactGelu);
        return dense.Backward(dactive, kept[0], pass);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        dense.Dispose();
        norm.Dispose();
    }
}
