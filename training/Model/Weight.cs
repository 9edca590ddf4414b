using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>A matrix or vector of weights and its gradient, both views of the flat buffers.</summary>
internal sealed class Weight : IDisposable
{
    /// <summary>A single weight.</summary>
    public Weight(FlatParameters parameters, string name)
    {
        Value = parameters.WeightView(name);
        Gradient = parameters.GradientView(name);
    }

    /// <summary>Neighbouring matrices as one.</summary>
    public Weight(FlatParameters parameters, string first, string last)
    {
        Value = parameters.WeightView(first, last);
        Gradient = parameters.GradientView(first, last);
    }

    /// <summary>The values; a matrix is [out, in].</summary>
    public Tensor Value { get; }

    /// <summary>The gradient, added to by every backward pass.</summary>
    public Tensor Gradient { get; }

    /// <summary>x W'.</summary>
    public Tensor Apply(Tensor x)
    {
        using var transposed = Value.t();
        return x.mm(transposed);
    }

    /// <summary>residual + x W', a new tensor.</summary>
    public Tensor ApplyOnto(Tensor residual, Tensor x)
    {
        using var transposed = Value.t();
        return residual.addmm(x, transposed);
    }

    /// <summary>The gradient of x, g W.</summary>
    public Tensor Back(Tensor gradient) => gradient.mm(Value);

    /// <summary>Adds g' x to the weight's gradient.</summary>
    public void Accumulate(Tensor gradient, Tensor x)
    {
        using var transposed = gradient.t();
        Gradient.addmm_(transposed, x);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Value.Dispose();
        Gradient.Dispose();
    }
}
