using Orchestrator.Training.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>The operations by tensor operators: any device, and the reference of the fused kernels.</summary>
internal sealed class TensorOperations : Operations
{
    private const double RootTwoOverPi = 0.7978845608028654;

    /// <summary>The instance.</summary>
    public static TensorOperations Instance { get; } = new();

    /// <inheritdoc/>
    public override (Tensor Result_RD, Tensor Rstd_R) RmsNorm(Tensor x_RD, Tensor weight_D)
    {
        using var scope = NewDisposeScope();
        var rstd = (x_RD.square().mean([1], keepdim: true) + Epsilon).rsqrt();
        return ((x_RD * rstd * weight_D).MoveToOuterDisposeScope(), rstd.view(-1).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override void RmsNormBackward(Tensor dy_RD, Tensor x_RD, Tensor weight_D, Tensor rstd_R, Tensor dx_RD, Tensor dweight_D)
    {
        using var scope = NewDisposeScope();
        var rstd = rstd_R.view(-1, 1);
        var n = x_RD * rstd;
        var g = dy_RD * weight_D;
        dweight_D.add_((dy_RD * n).sum([0]));
        dx_RD.add_(rstd * (g - (n * (g * n).mean([1], keepdim: true))));
    }

    /// <inheritdoc/>
    public override Tensor GatedGelu(Tensor h_R2F)
    {
        using var scope = NewDisposeScope();
        var width = h_R2F.shape[1] / 2;
        var (a, b) = (h_R2F.narrow(1, 0, width), h_R2F.narrow(1, width, width));
        return (a * Sigmoid(a) * b).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void GatedGeluBackward(Tensor dy_RF, Tensor h_R2F)
    {
        using var scope = NewDisposeScope();
        var width = h_R2F.shape[1] / 2;
        var (a, b) = (h_R2F.narrow(1, 0, width), h_R2F.narrow(1, width, width));
        var s = Sigmoid(a);
        var gelu = a * s;
        var slope = s + (gelu * (1.0 - s) * ((a.square() * (2.0 * RootTwoOverPi * 3.0 * 0.044715)) + (2.0 * RootTwoOverPi)));
        var da = dy_RF * b * slope;
        b.copy_(dy_RF * gelu);
        a.copy_(da);
    }

    /// <inheritdoc/>
    public override void ReluBackward(Tensor dy_RF, Tensor y_RF)
    {
        using var scope = NewDisposeScope();
        dy_RF.mul_(y_RF.gt(0).to_type(ScalarType.Float32));
    }

    /// <inheritdoc/>
    public override LossSums CrossEntropy(Tensor logits_RV, ReadOnlySpan<long> targets_R, LossOptions loss, bool gradient, Span<float> nll_R)
    {
        using var scope = NewDisposeScope();
        var index = TensorMemory.Of(targets_R, [targets_R.Length, 1], logits_RV.device);
        var logZ = logits_RV.logsumexp(1, keepdim: true);
        var nll = logZ - logits_RV.gather(1, index);
        var smoothing = Smoothing(loss.LabelSmoothing, logits_RV, logZ, nll, out var other);
        if (gradient)
        {
            var softmax = (logits_RV - logZ).exp();
            logits_RV.copy_((softmax * ((logZ * (2.0 * loss.ZWeight)) + 1.0)) - other);
            logits_RV.scatter_add_(1, index, full_like(index, loss.LabelSmoothing - 1.0 + other, ScalarType.Float32));
        }

        if (nll_R.Length > 0)
        {
            TensorMemory.Values<float>(nll.cpu()).CopyTo(nll_R);
        }

        var sum = nll.to_type(ScalarType.Float64).sum();
        var squares = logZ.to_type(ScalarType.Float64).square().sum();
        return new LossSums(sum.ToDouble(), loss.ZWeight * squares.ToDouble(), smoothing, targets_R.Length);
    }

    /// <summary>What smoothed labels add to the loss, and the share of the target that each other token has.</summary>
    private static double Smoothing(double share, Tensor logits_RV, Tensor logZ, Tensor nll, out double other)
    {
        var vocabulary = logits_RV.shape[1];
        other = share > 0.0 && vocabulary > 1 ? share / (vocabulary - 1) : 0.0;
        if (other == 0.0)
        {
            return 0.0;
        }

        // Over all tokens the others' share, and at the target what is left of the smoothing.
        var all = ((logZ * vocabulary) - logits_RV.sum([1], keepdim: true)).to_type(ScalarType.Float64).sum().ToDouble();
        var target = nll.to_type(ScalarType.Float64).sum().ToDouble();
        return (other * all) - ((share + other) * target) - (logits_RV.shape[0] * Kernels.SmoothedEntropy(share, vocabulary));
    }

    /// <inheritdoc/>
    public override void EmbeddingBackward(Tensor gradient_RD, Tensor ids_R, Tensor table_VD) =>
        table_VD.index_add_(0, ids_R, gradient_RD, 1.0);

    /// <inheritdoc/>
    public override (Tensor Result, Tensor? Weights) Attention(
        AttentionShape shape, Projections input, Tensor? bias_HN, Tensor? keyMask_BK, Tensor? dropout_BHK, bool keep)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = Split(shape, input);
        var scores = q.matmul(k.transpose(2, 3));
        if (bias_HN is not null)
        {
            scores = scores + bias_HN.index_select(1, DistanceIndex(shape, bias_HN.device)).view(1, shape.Heads, shape.Queries, shape.Keys);
        }

        var hidden = Hidden(shape, keyMask_BK, scores.device);
        var weights = (hidden is null ? scores : scores.masked_fill(hidden, float.NegativeInfinity)).softmax(3);
        var dropped = dropout_BHK is null ? weights : weights * dropout_BHK.view(shape.Batch, shape.Heads, 1, shape.Keys);
        var result = dropped.matmul(v).transpose(1, 2).reshape((long)shape.Batch * shape.Queries, shape.Inner);
        return (result.MoveToOuterDisposeScope(), keep ? weights.MoveToOuterDisposeScope() : null);
    }

    /// <inheritdoc/>
    public override void AttentionBackward(
        AttentionShape shape, Projections input, Tensor? dropout_BHK, Tensor gradient, Tensor weights_BHQK, Projections into, Tensor? dbias_HN)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = Split(shape, input);
        var (dq, dk, dv) = Split(shape, into);
        var g = gradient.view(shape.Batch, shape.Queries, shape.Heads, shape.Width).transpose(1, 2);
        var mask = dropout_BHK?.view(shape.Batch, shape.Heads, 1, shape.Keys);
        var dropped = mask is null ? weights_BHQK : weights_BHQK * mask;
        dv.copy_(dropped.transpose(2, 3).matmul(g));
        var dweights = g.matmul(v.transpose(2, 3));
        dweights = mask is null ? dweights : dweights * mask;
        var dscores = weights_BHQK * (dweights - (weights_BHQK * dweights).sum([3], keepdim: true));
        dq.copy_(dscores.matmul(k));
        dk.copy_(dscores.transpose(2, 3).matmul(q));
        dbias_HN?.index_add_(1, DistanceIndex(shape, dbias_HN.device), dscores.sum([0]).reshape(shape.Heads, -1), 1.0);
    }

    private static Tensor Sigmoid(Tensor a) => ((a + (a.pow(3) * 0.044715)) * (2.0 * RootTwoOverPi)).sigmoid();

    private static (Tensor Q, Tensor K, Tensor V) Split(AttentionShape shape, Projections from) => (
        Heads(shape, from.Queries, from.QueryColumn, shape.Queries, shape.Queries),
        Heads(shape, from.Memory, from.KeyColumn, from.MemoryRows, shape.Keys),
        Heads(shape, from.Memory, from.ValueColumn, from.MemoryRows, shape.Keys));

    /// <summary>A view [B, H, length, E] of some columns.</summary>
    private static Tensor Heads(AttentionShape shape, Tensor packed, int column, int rows, int length) =>
        packed.narrow(1, column, shape.Inner).view(shape.Batch, rows, shape.Heads, shape.Width).narrow(1, 0, length).transpose(1, 2);

    /// <summary>For each query and key, the place of their distance in the bias.</summary>
    private static Tensor DistanceIndex(AttentionShape shape, Device device)
    {
        var keys = arange(shape.Keys, ScalarType.Int64, device).view(1, -1);
        var queries = arange(shape.Queries, ScalarType.Int64, device).view(-1, 1);
        return (keys - queries + (shape.Queries - 1)).view(-1);
    }

    private static Tensor? Hidden(AttentionShape shape, Tensor? keyMask_BK, Device device)
    {
        var hidden = keyMask_BK?.eq(0).view(shape.Batch, 1, 1, shape.Keys);
        if (shape.Causal)
        {
            var keys = arange(shape.Keys, ScalarType.Int64, device).view(1, -1);
            var queries = arange(shape.Queries, ScalarType.Int64, device).view(-1, 1);
            var later = keys.gt(queries + shape.Offset).view(1, 1, shape.Queries, shape.Keys);
            hidden = hidden is null ? later : hidden.logical_or(later);
        }

        return hidden;
    }
}
