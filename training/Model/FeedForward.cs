using Orchestrator.Core.Specs;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>The sublayer whose f is relu(x wi), gelu(x wi + b), or gelu(x wi_0) * (x wi_1), before the output layer. Owns its parts.</summary>
/// <param name="frame">Norm, residual and output layer.</param>
/// <param name="input">wi, or wi_0 and wi_1 side by side; it has a bias where the form is gelu, and only there.</param>
/// <param name="form">Which.</param>
internal sealed class FeedForward(ResidualFrame frame, Linear input, FeedForwardKind form) : IDisposable
{
    /// <summary>The sublayer's result; takes over <paramref name="x_RD"/>.</summary>
    public Tensor Forward(Tensor x_RD, Pass pass)
    {
        var entry = frame.Enter(x_RD, pass);
        var projected = input.Matrix.Apply(entry.Operand, pass);
        var hidden = form switch
        {
            FeedForwardKind.Relu => projected.relu_(),
            FeedForwardKind.GatedGelu => pass.Operations.GatedGelu(projected),
            _ => pass.Operations.Gelu(projected, input.Bias!.Value, form == FeedForwardKind.GeluErf),
        };
        var dropout = pass.DropsWholeRows ? pass.StreamDropout(hidden) : null;
        Pass.Drop(hidden, dropout);
        var operand = pass.Operand(hidden);
        var result = frame.Leave(entry, operand, pass);
        // relu works in place: what it was given is gone, and its backward half needs the result alone.
        pass.Keep(form == FeedForwardKind.Relu ? null : projected, dropout);
        return result;
    }

    /// <summary>Turns the gradient of the result into that of x, in place.</summary>
    public void Backward(Tensor gradient_RD, Pass pass)
    {
        using var own = pass.Restore();
        using var kept = pass.Restore();
        using var dhidden = frame.LeaveBackward(gradient_RD, kept, pass);
        Pass.Drop(dhidden, own.Optional(1));
        using var doperand = input.Backward(Unfold(dhidden, own, kept[3], pass), kept[1], pass);
        frame.EnterBackward(doperand, gradient_RD, kept, pass);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        frame.Dispose();
        input.Dispose();
    }

    /// <summary>The gradient of the projection: in the gradient of the hidden values, or in the projection itself.</summary>
    private Tensor Unfold(Tensor dhidden, Pass.Kept own, Tensor hidden, Pass pass)
    {
        switch (form)
        {
            case FeedForwardKind.Relu:
                using (var active = hidden.dtype == ScalarType.Float32 ? hidden.alias() : hidden.to_type(ScalarType.Float32))
                {
                    pass.Operations.ReluBackward(dhidden, active);
                }

                return dhidden;
            case FeedForwardKind.GatedGelu:
                pass.Operations.GatedGeluBackward(dhidden, own[0]);
                return own[0];
            default:
                pass.Operations.GeluBackward(dhidden, own[0], form == FeedForwardKind.GeluErf);
                return dhidden;
        }
    }
}
