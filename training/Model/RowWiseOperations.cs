using Orchestrator.Training.Native;
using static Orchestrator.Training.Model.TensorMemory;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>Operations whose results for a row depend on that row alone, bit for bit: a sequence is generated alike one token at a time or whole, alone or among others.</summary>
/// <remarks>Matrix products of a library sum in an order that depends on the number of rows; these are dot products in fixed lanes. CPU, fp32; no backward half.</remarks>
internal sealed unsafe class RowWiseOperations : NativeOperations
{
    /// <summary>The instance.</summary>
    public static RowWiseOperations Rows { get; } = new();

    /// <inheritdoc/>
    public override Tensor Product(Tensor x_RK, Tensor weight_NK) =>
        x_RK.dtype == ScalarType.Float32 ? Products(null, x_RK, weight_NK) : base.Product(x_RK, weight_NK);

    /// <inheritdoc/>
    public override Tensor ProductOnto(Tensor residual_RN, Tensor x_RK, Tensor weight_NK) => Products(residual_RN, x_RK, weight_NK);

    /// <inheritdoc/>
    public override (Tensor Result, Tensor? Weights) Attention(
        AttentionShape shape, Projections input, AttentionView view, Tensor? dropout_BHK, bool keep)
    {
        if (keep || dropout_BHK is not null)
        {
            throw new NotSupportedException("Row by row there is no backward half.");
        }

        var result = empty((long)shape.Batch * shape.Queries, shape.Inner);
        var native = Describe(shape, input, view);
        var queries = Start<float>(input.Queries);
        var memory = Start<float>(input.Memory);
        KernelsLibrary.AttentionRows(
            &native, queries + input.QueryColumn, memory + input.KeyColumn, memory + input.ValueColumn, Start<float>(result));
        return (result, null);
    }

    private static Tensor Products(Tensor? residual, Tensor x, Tensor weight)
    {
        var (rows, outputs) = (x.shape[0], weight.shape[0]);
        var result = empty(rows, outputs);
        // A matrix that is stored the other way round is copied.
        using var straight = weight.contiguous();
        KernelsLibrary.RowProducts(Start<float>(x), Start<float>(straight), StartOrNull(residual), Start<float>(result), rows, outputs, x.shape[1]);
        return result;
    }
}
