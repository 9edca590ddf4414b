using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>A matrix and, where there is one, its bias. Owns both.</summary>
internal sealed class Linear(Weight matrix, Weight? bias = null) : IDisposable
{
    /// <summary>The matrix.</summary>
    public Weight Matrix => matrix;

    /// <summary>The bias, or null.</summary>
    public Weight? Bias => bias;

    /// <summary>x W' + b of an operand.</summary>
    public Tensor Apply(Tensor x, Pass pass) => WithBias(matrix.Apply(x, pass), pass);

    /// <summary>residual + x W' + b, a new tensor.</summary>
    public Tensor ApplyOnto(Tensor residual, Tensor x, Pass pass) => WithBias(matrix.ApplyOnto(residual, x, pass), pass);

    /// <summary>The gradient of the operand x; adds those of matrix and bias.</summary>
    /// <param name="gradient">Gradient of the result, fp32. Not modified.</param>
    /// <param name="x">As in the forward half.</param>
    /// <param name="pass">The pass.</param>
    public Tensor Backward(Tensor gradient, Tensor x, Pass pass)
    {
        if (bias is { IsTrained: true })
        {
            pass.Operations.BiasBackward(gradient, bias.Gradient);
        }

        using var operand = pass.OperandOf(gradient);
        matrix.Accumulate(operand, x);
        return matrix.Back(operand);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        matrix.Dispose();
        bias?.Dispose();
    }

    private Tensor WithBias(Tensor result, Pass pass)
    {
        if (bias is not null)
        {
            pass.Operations.AddBias(result, bias.Value);
        }

        return result;
    }
}
