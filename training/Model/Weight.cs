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
    private readonly Tensor? _gradient;
    private readonly LowRank[] _updates;

    /// <summary>A single weight.</summary>
    /// <param name="parameters">Where it lies.</param>
    /// <param name="name">Its name.</param>
    /// <param name="transposed">Whether the matrix is stored as [in, out], as GPT-2's are.</param>
    public Weight(FlatParameters parameters, string name, bool transposed = false)
        : this(parameters, name, name)
    {
        if (transposed)
        {
            (Value, _gradient, _compute) = (Turned(Value), _gradient is null ? null : Turned(_gradient), Turned(_compute));
        }
    }

    /// <summary>Neighbouring matrices as one.</summary>
    public Weight(FlatParameters parameters, string first, string last)
    {
        Value = parameters.WeightView(first, last);
        IsTrained = parameters.IsTrained(first, last);
        // A frozen vector's gradient goes nowhere; a frozen matrix's is not computed.
        _gradient = IsTrained ? parameters.GradientView(first, last) : Value.shape.Length == 1 ? zeros_like(Value).DetachFromDisposeScope() : null;
        _compute = parameters.ComputeView(first, last);
        _updates = [.. parameters.UpdatesOf(first, last).Select(update => new LowRank(parameters, update.Shape, update.FirstOutput))];
    }

    /// <summary>Whether the values are trained.</summary>
    public bool IsTrained { get; }

    /// <summary>The values; a matrix is [out, in].</summary>
    public Tensor Value { get; }

    /// <summary>The gradient, added to by every backward pass.</summary>
    /// <exception cref="InvalidOperationException">It is a frozen matrix, which has none.</exception>
    public Tensor Gradient => _gradient ?? throw new InvalidOperationException("A frozen matrix has no gradient.");

    /// <summary>x W'.</summary>
    public Tensor Apply(Tensor x, Pass pass) => Updated(Wide(pass.Operations.Product(x, _compute)), x, pass);

    /// <summary>residual + x W', a new tensor.</summary>
    public Tensor ApplyOnto(Tensor residual, Tensor x, Pass pass)
    {
        if (x.dtype == ScalarType.Float32)
        {
            return Updated(pass.Operations.ProductOnto(residual, x, _compute), x, pass);
        }

        using var product = pass.Operations.Product(x, _compute);
        return Updated(residual.add(product), x, pass);
    }

    /// <summary>The gradient of x, g W.</summary>
    public Tensor Back(Tensor gradient)
    {
        var dx = Wide(gradient.mm(_compute));
        BackUpdates(dx, gradient);
        return dx;
    }

    /// <summary>Adds the gradient of x, g W.</summary>
    public void BackOnto(Tensor dx, Tensor gradient)
    {
        BackUpdates(dx, gradient);
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
        foreach (var update in _updates)
        {
            update.Accumulate(gradient, x);
        }

        if (!IsTrained)
        {
            return;
        }

        using var transposed = gradient.t();
        if (x.dtype == ScalarType.Float32)
        {
            Gradient.addmm_(transposed, x);
            return;
        }

        using var product = transposed.mm(x);
        Gradient.add_(product);
    }

    /// <summary>Rows of an embedding, [R, D].</summary>
    public Tensor Rows(Tensor ids_R, Pass pass)
    {
        var rows = Value.index_select(0, ids_R);
        foreach (var update in _updates)
        {
            update.AddRowsTo(rows, ids_R, pass);
        }

        return rows;
    }

    /// <summary>Adds the gradient of an embedding's rows.</summary>
    public void AccumulateRows(Tensor gradient_RD, Tensor ids_R, Pass pass)
    {
        foreach (var update in _updates)
        {
            update.AccumulateRows(gradient_RD, ids_R, pass);
        }

        if (IsTrained)
        {
            pass.Operations.EmbeddingBackward(gradient_RD, ids_R, Gradient);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var update in _updates)
        {
            update.Dispose();
        }

        Value.Dispose();
        _gradient?.Dispose();
        _compute.Dispose();
    }

    private static Tensor Turned(Tensor view)
    {
        using (view)
        {
            return view.t().DetachFromDisposeScope();
        }
    }

    private Tensor Updated(Tensor result, Tensor x, Pass pass)
    {
        foreach (var update in _updates)
        {
            update.AddTo(result, x, pass);
        }

        return result;
    }

    private void BackUpdates(Tensor dx, Tensor gradient)
    {
        foreach (var update in _updates)
        {
            update.BackOnto(dx, gradient);
        }
    }

    /// <summary>A product as fp32; one that is not is disposed.</summary>
    internal static Tensor Wide(Tensor product)
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
