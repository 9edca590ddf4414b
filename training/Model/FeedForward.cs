using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>The sublayer x + dropout(f(norm(x)) wo), f being relu(x wi) or gelu(x wi_0) * (x wi_1).</summary>
internal sealed class FeedForward(FlatParameters parameters, string prefix, ResolvedModel model) : IDisposable
{
    private readonly bool _gated = model.FeedForward == FeedForwardKind.GatedGelu;
    private readonly Norm _norm = new(parameters, prefix + "layer_norm.weight");
    private readonly Weight _input = model.FeedForward == FeedForwardKind.GatedGelu
        ? new(parameters, prefix + "DenseReluDense.wi_0.weight", prefix + "DenseReluDense.wi_1.weight")
        : new(parameters, prefix + "DenseReluDense.wi.weight");

    private readonly Weight _output = new(parameters, prefix + "DenseReluDense.wo.weight");

    /// <summary>The sublayer's result; takes over <paramref name="x_RD"/>.</summary>
    public Tensor Forward(Tensor x_RD, Pass pass)
    {
        var (normed, rstd) = _norm.Operand(x_RD, pass);
        var projected = _input.Apply(normed, pass);
        var hidden = _gated ? pass.Operations.GatedGelu(projected) : projected.relu_();
        var hiddenDropout = pass.DropoutMask(pass.Batch, 1, hidden.shape[1]);
        Pass.Drop(hidden, hiddenDropout);
        var operand = pass.Operand(hidden);
        var result = SelfAttention.Residual(_output, x_RD, operand, pass, out var dropout);
        // relu works in place: what it was given is gone, and its backward half needs the result alone.
        pass.Keep(x_RD, normed, rstd, _gated ? projected : null, hiddenDropout, operand, dropout);
        return result;
    }

    /// <summary>Turns the gradient of the result into that of x, in place.</summary>
    public void Backward(Tensor gradient_RD, Pass pass)
    {
        using var kept = pass.Restore();
        var (normed, hidden) = (kept[1], kept[5]);
        using var dhidden = SelfAttention.ResidualBackward(_output, gradient_RD, hidden, kept.Optional(6), pass);
        Pass.Drop(dhidden, kept.Optional(4));
        var dprojected = dhidden;
        if (_gated)
        {
            dprojected = kept[3];
            pass.Operations.GatedGeluBackward(dhidden, dprojected);
        }
        else
        {
            using var active = hidden.dtype == ScalarType.Float32 ? hidden.alias() : hidden.to_type(ScalarType.Float32);
            pass.Operations.ReluBackward(dhidden, active);
        }

        using var operand = pass.OperandOf(dprojected);
        using var dnormed = _input.Back(operand);
        _input.Accumulate(operand, normed);
        _norm.Backward(dnormed, kept[0], kept[2], gradient_RD, pass);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _norm.Dispose();
        _input.Dispose();
        _output.Dispose();
    }
}
