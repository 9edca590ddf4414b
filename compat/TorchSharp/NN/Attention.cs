using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Scaled dot-product attention where libtorch has no operator for it (before 2.0).</summary>
internal static class Attention
{
    /// <summary>softmax(Q Kᵀ / √d + mask) V; a mask of truth values says what may be seen. Shapes [..., T, d], [..., S, d], [..., S, e].</summary>
    internal static Tensor Composed(Tensor query, Tensor key, Tensor value, Tensor? mask, double dropout, bool causal)
    {
        using var scope = NewDisposeScope();
        var scores = query.mul(1 / Math.Sqrt(query.size(-1))).matmul(key.transpose(-2, -1));
        if (causal)
        {
            mask = ones([query.size(-2), key.size(-2)], ScalarType.Bool, query.device).tril();
        }

        if (mask is not null)
        {
            scores = mask.dtype == ScalarType.Bool ? scores.masked_fill(mask.logical_not(), double.NegativeInfinity) : scores.add(mask);
        }

        var weights = scores.softmax(-1);
        if (dropout > 0)
        {
            weights = Ops.dropout.Call(weights, dropout, true);
        }

        return weights.matmul(value).MoveToOuterDisposeScope();
    }
}
