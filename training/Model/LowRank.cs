using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: R = rows, I = inputs, O = outputs of the adapted matrix, N = outputs of the product that it is part of, K = rank, D = width, V = vocabulary.

/// <summary>A low-rank update s B A of a matrix, beside it in every product: x W' + s (x A') B' (Hu et al. 2021, section 4.1).</summary>
/// <param name="parameters">Where A and B lie.</param>
/// <param name="shape">The update.</param>
/// <param name="first">The first of its outputs in the product that it is part of.</param>
internal sealed class LowRank(FlatParameters parameters, LowRankShape shape, long first) : IDisposable
{
    private readonly Tensor _down_KI = parameters.WeightView(shape.Down);
    private readonly Tensor _up_OK = parameters.WeightView(shape.Up);
    private readonly Tensor _downCompute_KI = parameters.ComputeView(shape.Down, shape.Down);
    private readonly Tensor _upCompute_OK = parameters.ComputeView(shape.Up, shape.Up);
    private readonly Tensor _ddown_KI = parameters.GradientView(shape.Down);
    private readonly Tensor _dup_OK = parameters.GradientView(shape.Up);

    /// <summary>Adds s (x A') B' to the product's outputs.</summary>
    public void AddTo(Tensor result_RN, Tensor x_RI, Pass pass)
    {
        using var low = pass.Operations.Product(x_RI, _downCompute_KI);
        using var update = Weight.Wide(pass.Operations.Product(low, _upCompute_OK));
        using var part = result_RN.narrow(1, first, shape.Outputs);
        update.mul_(shape.Scale);
        part.add_(update);
    }

    /// <summary>Adds the gradient of x, s (g B) A.</summary>
    public void BackOnto(Tensor dx_RI, Tensor gradient_RN)
    {
        using var low = Low(gradient_RN);
        using var update = Weight.Wide(low.mm(_downCompute_KI));
        update.mul_(shape.Scale);
        dx_RI.add_(update);
    }

    /// <summary>Adds the gradients of A, s (g B)' x, and of B, s g' (x A').</summary>
    public void Accumulate(Tensor gradient_RN, Tensor x_RI)
    {
        using (var low = Low(gradient_RN))
        {
            AddProduct(_ddown_KI, low, x_RI);
        }

        using var part = gradient_RN.narrow(1, first, shape.Outputs);
        using var turned = _downCompute_KI.t();
        using var projected = x_RI.mm(turned);
        AddProduct(_dup_OK, part, projected);
    }

    /// <summary>Adds s B A's rows of these ids, for an embedding.</summary>
    public void AddRowsTo(Tensor rows_RD, Tensor ids_R, Pass pass)
    {
        using var up = _up_OK.index_select(0, ids_R);
        using var turned = _down_KI.t();
        using var contiguous = turned.contiguous();
        using var update = pass.Operations.Product(up, contiguous);
        update.mul_(shape.Scale);
        rows_RD.add_(update);
    }

    /// <summary>Adds the gradients of A and B from those of an embedding's rows.</summary>
    public void AccumulateRows(Tensor gradient_RD, Tensor ids_R, Pass pass)
    {
        using var up = _up_OK.index_select(0, ids_R);
        AddProduct(_ddown_KI, up, gradient_RD);
        using var turned = _down_KI.t();
        using var low = gradient_RD.mm(turned);
        low.mul_(shape.Scale);
        pass.Operations.EmbeddingBackward(low, ids_R, _dup_OK);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _down_KI.Dispose();
        _up_OK.Dispose();
        _downCompute_KI.Dispose();
        _upCompute_OK.Dispose();
        _ddown_KI.Dispose();
        _dup_OK.Dispose();
    }

    // g B of its own outputs, [R, K].
    private Tensor Low(Tensor gradient_RN)
    {
        using var part = gradient_RN.narrow(1, first, shape.Outputs);
        return part.mm(_upCompute_OK);
    }

    // into += s left' right.
    private void AddProduct(Tensor into, Tensor left, Tensor right)
    {
        using var turned = left.t();
        using var product = Weight.Wide(turned.mm(right));
        product.mul_(shape.Scale);
        into.add_(product);
    }
}
