using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>A stack's relative position bias: one number a head and bucket of distance, shared by the stack's layers.</summary>
internal sealed class RelativeBias(FlatParameters parameters, string name, ResolvedModel model, bool bidirectional) : IDisposable
{
    private readonly Weight _table = new(parameters, name);

    /// <summary>The bias by distance, [H, Q + K - 1].</summary>
    public Tensor Forward(AttentionShape shape)
    {
        using var index = Buckets(shape, _table.Value.device);
        using var rows = _table.Value.index_select(0, index);
        using var transposed = rows.t();
        return transposed.contiguous();
    }

    /// <summary>Adds the gradient of the bias to the table's.</summary>
    public void Backward(Tensor gradient_HN, AttentionShape shape)
    {
        if (!_table.IsTrained)
        {
            return;
        }

        using var index = Buckets(shape, _table.Value.device);
        using var rows = gradient_HN.t();
        using var contiguous = rows.contiguous();
        _table.Gradient.index_add_(0, index, contiguous, 1.0);
    }

    /// <inheritdoc/>
    public void Dispose() => _table.Dispose();

    private Tensor Buckets(AttentionShape shape, Device device)
    {
        var buckets = new long[shape.Distances];
        for (var i = 0; i < buckets.Length; i++)
        {
            buckets[i] = RelativeBuckets.Of(shape.FirstDistance + i, bidirectional, model.RelativeBuckets, model.RelativeDistance);
        }

        return TensorMemory.Of(buckets, [buckets.Length], device);
    }
}
