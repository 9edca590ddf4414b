using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>A matrix or vector of weights and its gradient, both views of the flat buffers.</summary>
/// <remarks>
/// A product's operands are fp32, or both bfloat16 (see <see cref="Pass.Operand"/>); its result is fp32 either way, rounded to bfloat16 in
/// between in the second case. Weights and gradients themselves stay fp32.
/// </remarks>
internal sealed class Weight : IDisposable
{
    private readonly Tensor _compute;

    /// <summary>A single weight.</summary>
    /// <param name="parameters">Where it lies.</param>
    /// <param name="name">Its name.</param>
    /// <param name="transposed">Whether the matrix is stored as [in, out], as GPT-2's are.</param>
    public Weight(FlatParameters parameters, string name, bool transposed = false)
        : this(parameters, name, name)
    {
        if (transposed)
        {
            (Value, Gradient, _compute) = (Turned(Value), Turned(Gradient), Turned(_compute));
        }
    }

    /// <summary>Neighbouring matrices as one.</summary>
    public Weight(FlatParameters parameters, string first, string last)
    {
        Value = parameters.WeightView(first, last);
        Gradient = parameters.GradientView(first, last);
        _compute = parameters.ComputeView(first, last);
    }

    /// <summary>The values; a matrix is [out, in].</summary>
    public Tensor Value { get; }

    /// <summary>The gradient, added to by every backward pass.</summary>
    public Tensor Gradient { get; }

    /// <summary>x W'.</summary>
    public Tensor Apply(Tensor x, Pass pass) => Wide(pass.Operations.Product(x, _compute));

    /// <summary>residual + x W', a new tensor.</summary>
    public Tensor ApplyOnto(Tensor residual, Tensor x, Pass pass)
    {
        if (x.dtype == ScalarType.Float32)
        {
            return pass.Operations.ProductOnto(residual, x, _compute);
        }

        using var product = pass.Operations.Product(x, _compute);
        return residual.add(product);
    }

    /// <summary>The gradient of x, g W.</summary>
    public Tensor Back(Tensor gradient) => Wide(gradient.mm(_compute));

    /// <summary>Adds the gradient of x, g W.</summary>
    public void BackOnto(Tensor dx, Tensor gradient)
    {
        if (gradient.dtype == ScalarType.Float32)
        {
            dx.addmm_(gradient, _compute);
            return;
        }

        using var product = gradient.mm(_compute);
        dx.add_(product);
    }

    /// <summary>Adds g' x to the weight's gradient.</summary>
    public void Accumulate(Tensor gradient, Tensor x)
    {
        using var transposed = gradient.t();
        if (x.dtype == ScalarType.Float32)
        {
            Gradient.addmm_(transposed, x);
            return;
        }

        using var product = transposed.mm(x);
        Gradient.add_(product);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Value.Dispose();
        Gradient.Dispose();
        _compute.Dispose();
    }

    private static Tensor Turned(Tensor view)
    {
        using (view)
        {
            return view.t().DetachFromDisposeScope();
        }
    }

    private static Tensor Wide(Tensor product)
    {
        if (product.dtype == ScalarType.Float32)
        {
            return product;
        }

        using (product)
        {
            return product.to_type(ScalarType.Float32);
        }
    }
}
