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
    public override (Tensor Result_RD, Tensor Rstd_R) RmsNorm(Tensor x_RD, Tensor weight_D, double epsilon)
    {
        using var scope = NewDisposeScope();
        var rstd = (x_RD.square().mean([1], keepdim: true) + epsilon).rsqrt();
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
    public override (Tensor Result_RD, Tensor Statistics_R2) LayerNorm(Tensor x_RD, Tensor weight_D, Tensor bias_D, double epsilon)
    {
        using var scope = NewDisposeScope();
        var mean = x_RD.mean([1], keepdim: true);
        var centred = x_RD - mean;
        var rstd = (centred.square().mean([1], keepdim: true) + epsilon).rsqrt();
        var statistics = cat([mean, rstd], 1);
        return (((centred * rstd * weight_D) + bias_D).MoveToOuterDisposeScope(), statistics.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override void LayerNormBackward(
        Tensor dy_RD, Tensor x_RD, Tensor weight_D, Tensor statistics_R2, Tensor dx_RD, Tensor dweight_D, Tensor dbias_D)
    {
        using var scope = NewDisposeScope();
        var rstd = statistics_R2.narrow(1, 1, 1);
        var n = (x_RD - statistics_R2.narrow(1, 0, 1)) * rstd;
        var g = dy_RD * weight_D;
        dweight_D.add_((dy_RD * n).sum([0]));
        dbias_D.add_(dy_RD.sum([0]));
        dx_RD.add_(rstd * (g - g.mean([1], keepdim: true) - (n * (g * n).mean([1], keepdim: true))));
    }

    /// <inheritdoc/>
    public override void AddBias(Tensor x_RD, Tensor bias_D) => x_RD.add_(bias_D);

    /// <inheritdoc/>
    public override void BiasBackward(Tensor gradient_RD, Tensor dbias_D)
    {
        using var sum = gradient_RD.sum([0]);
        dbias_D.add_(sum);
    }

    /// <inheritdoc/>
    public override void Rotate(Tensor x, int column, int headStride, int heads, Tensor positions_R, Tensor table_N2P, bool forward)
    {
        using var scope = NewDisposeScope();
        var pairs = table_N2P.shape[2];
        var values = Heads(x, column, headStride, heads, 2 * (int)pairs, x.shape[0], 1).squeeze(2);
        var turns = table_N2P.index_select(0, positions_R);
        var (cos, sin) = (turns.select(1, 0).unsqueeze(1), turns.select(1, 1).unsqueeze(1));
        sin = forward ? sin : -sin;
        var (a, b) = (values.narrow(2, 0, pairs), values.narrow(2, pairs, pairs));
        var turned = (a * cos) - (b * sin);
        b.copy_((b * cos) + (a * sin));
        a.copy_(turned);
    }

    /// <inheritdoc/>
    public override Tensor Gelu(Tensor h_RF, Tensor bias_F, bool exact)
    {
        using var scope = NewDisposeScope();
        h_RF.add_(bias_F);
        return (h_RF * (exact ? Normal(h_RF) : Sigmoid(h_RF))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void GeluBackward(Tensor dy_RF, Tensor h_RF, bool exact)
    {
        using var scope = NewDisposeScope();
        if (exact)
        {
            dy_RF.mul_(Normal(h_RF) + (h_RF * (h_RF.square() * -0.5).exp() * (1.0 / Math.Sqrt(2.0 * Math.PI))));
            return;
        }

        var s = Sigmoid(h_RF);
        dy_RF.mul_(s + (h_RF * s * (1.0 - s) * ((h_RF.square() * (2.0 * RootTwoOverPi * 3.0 * 0.044715)) + (2.0 * RootTwoOverPi))));
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
        AttentionShape shape, Projections input, AttentionView view, Tensor? dropout_BHK, bool keep)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = Split(shape, input);
        var scores = Scaled(q.matmul(k.transpose(2, 3)), shape);
        if (view.Bias is { } bias)
        {
            scores = scores + bias.index_select(1, DistanceIndex(shape, bias.device)).view(1, shape.Heads, shape.Queries, shape.Keys);
        }

        var hidden = Hidden(shape, view, scores.device);
        var weights = (hidden is null ? scores : scores.masked_fill(hidden, float.NegativeInfinity)).softmax(3);
        if (view.QuerySegments is not null)
        {
            // A query that sees nothing attends to nothing.
            weights = weights.masked_fill(hidden!, 0f);
        }

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
        dq.copy_(Scaled(dscores.matmul(k), shape));
        dk.copy_(Scaled(dscores.transpose(2, 3).matmul(q), shape));
        dbias_HN?.index_add_(1, DistanceIndex(shape, dbias_HN.device), dscores.sum([0]).reshape(shape.Heads, -1), 1.0);
    }

    private static Tensor Sigmoid(Tensor a) => ((a + (a.pow(3) * 0.044715)) * (2.0 * RootTwoOverPi)).sigmoid();

    private static Tensor Normal(Tensor a) => ((a * Math.Sqrt(0.5)).erf() + 1.0) * 0.5;

    private static Tensor Scaled(Tensor a, AttentionShape shape) => shape.Scale == 1f ? a : a * shape.Scale;

    private static (Tensor Q, Tensor K, Tensor V) Split(AttentionShape shape, Projections from) => (
        Heads(from.Queries, from.QueryColumn, from.QueryStride, shape.Heads, shape.Width, shape.Batch, shape.Queries),
        Heads(from.Memory, from.KeyColumn, from.MemoryStride, shape.Heads, shape.Width, shape.Batch, from.MemoryRows).narrow(2, 0, shape.Keys),
        Heads(from.Memory, from.ValueColumn, from.MemoryStride, shape.Heads, shape.Width, shape.Batch, from.MemoryRows).narrow(2, 0, shape.Keys));

    /// <summary>A view [B, H, rows, E] of some columns.</summary>
    private static Tensor Heads(Tensor packed, int column, int stride, int heads, int width, long batch, long rows)
    {
        var row = packed.shape[1];
        return packed.as_strided([batch, heads, rows, width], [rows * row, stride, row, 1], packed.storage_offset() + column);
    }

    /// <summary>For each query and key, the place of their distance in the bias.</summary>
    private static Tensor DistanceIndex(AttentionShape shape, Device device)
    {
        var keys = arange(shape.Keys, ScalarType.Int64, device).view(1, -1);
        var queries = arange(shape.Queries, ScalarType.Int64, device).view(-1, 1);
        return (keys - queries + (shape.Queries - 1)).view(-1);
    }

    private static Tensor? Hidden(AttentionShape shape, AttentionView view, Device device)
    {
        var hidden = view.KeyMask?.eq(0).view(shape.Batch, 1, 1, shape.Keys);
        if (view.QuerySegments is { } queries)
        {
            var other = queries.view(shape.Batch, 1, shape.Queries, 1).ne(view.KeySegments!.view(shape.Batch, 1, 1, shape.Keys));
            hidden = hidden is null ? other : hidden.logical_or(other);
        }

        if (shape.Causal)
        {
            var keys = arange(shape.Keys, ScalarType.Int64, device).view(1, -1);
            var rows = arange(shape.Queries, ScalarType.Int64, device).view(-1, 1);
            var later = keys.gt(rows + shape.Offset).view(1, 1, shape.Queries, shape.Keys);
            hidden = hidden is null ? later : hidden.logical_or(later);
        }

        return hidden;
    }
}
