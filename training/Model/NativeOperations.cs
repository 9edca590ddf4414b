using Orchestrator.Training.Native;
using static Orchestrator.Training.Model.TensorMemory;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>The operations as fused kernels over the tensors' memory: CPU only. Bits do not depend on <see cref="Kernels.Threads"/>.</summary>
internal unsafe class NativeOperations : Operations
{
    /// <summary>The instance.</summary>
    public static NativeOperations Instance { get; } = new();

    /// <inheritdoc/>
    public override Operations RowWise => RowWiseOperations.Rows;

    /// <inheritdoc/>
    public override (Tensor Result_RD, Tensor Rstd_R) RmsNorm(Tensor x_RD, Tensor weight_D, double epsilon)
    {
        var (rows, width) = (x_RD.shape[0], x_RD.shape[1]);
        var result = empty(rows, width);
        var rstd = empty(rows);
        Kernels.RmsNorm(Start<float>(x_RD), Start<float>(weight_D), Start<float>(result), Start<float>(rstd), rows, width, epsilon);
        return (result, rstd);
    }

    /// <inheritdoc/>
    public override void RmsNormBackward(Tensor dy_RD, Tensor x_RD, Tensor weight_D, Tensor rstd_R, Tensor dx_RD, Tensor dweight_D)
    {
        var dy = Start<float>(dy_RD);
        Kernels.RmsNormBackward(
            Start<float>(x_RD), Start<float>(weight_D), dy, Start<float>(rstd_R), dy, Start<float>(dweight_D), x_RD.shape[0], x_RD.shape[1]);
        Kernels.Add(Start<float>(dx_RD), dy, x_RD.NumberOfElements);
    }

    /// <inheritdoc/>
    public override (Tensor Result_RD, Tensor Statistics_R2) LayerNorm(Tensor x_RD, Tensor weight_D, Tensor bias_D, double epsilon)
    {
        var (rows, width) = (x_RD.shape[0], x_RD.shape[1]);
        var result = empty(rows, width);
        var statistics = empty(rows, 2);
        KernelsLibrary.LayerNorm(
            Start<float>(x_RD), Start<float>(weight_D), Start<float>(bias_D), Start<float>(result), Start<float>(statistics), rows, width, epsilon);
        return (result, statistics);
    }

    /// <inheritdoc/>
    public override void LayerNormBackward(
        Tensor dy_RD, Tensor x_RD, Tensor weight_D, Tensor statistics_R2, Tensor dx_RD, Tensor dweight_D, Tensor dbias_D)
    {
        var dy = Start<float>(dy_RD);
        KernelsLibrary.LayerNormBackward(
            Start<float>(x_RD), Start<float>(weight_D), dy, Start<float>(statistics_R2), dy, Start<float>(dweight_D), Start<float>(dbias_D),
            x_RD.shape[0], x_RD.shape[1]);
        Kernels.Add(Start<float>(dx_RD), dy, x_RD.NumberOfElements);
    }

    /// <inheritdoc/>
    public override void AddBias(Tensor x_RD, Tensor bias_D) =>
        KernelsLibrary.AddBias(Start<float>(x_RD), Start<float>(bias_D), x_RD.shape[0], x_RD.shape[1]);

    /// <inheritdoc/>
    public override void BiasBackward(Tensor gradient_RD, Tensor dbias_D) =>
        KernelsLibrary.BiasBackward(Start<float>(gradient_RD), Start<float>(dbias_D), gradient_RD.shape[0], gradient_RD.shape[1]);

    /// <inheritdoc/>
    public override void Rotate(Tensor x, int column, int headStride, int heads, Tensor positions_R, Tensor table_N2P, bool forward) =>
        KernelsLibrary.Rotate(
            Start<float>(x) + column, x.shape[0], x.shape[1], heads, headStride, table_N2P.shape[2], Start<long>(positions_R), Start<float>(table_N2P),
            forward ? 1f : -1f);

    /// <inheritdoc/>
    public override Tensor Gelu(Tensor h_RF, Tensor bias_F, bool exact)
    {
        var (rows, width) = (h_RF.shape[0], h_RF.shape[1]);
        var result = empty(rows, width);
        KernelsLibrary.Gelu(Start<float>(h_RF), Start<float>(bias_F), Start<float>(result), rows, width, exact ? 1 : 0);
        return result;
    }

    /// <inheritdoc/>
    public override void GeluBackward(Tensor dy_RF, Tensor h_RF, bool exact) =>
        KernelsLibrary.GeluBackward(Start<float>(dy_RF), Start<float>(h_RF), dy_RF.shape[0], dy_RF.shape[1], exact ? 1 : 0);

    /// <inheritdoc/>
    public override Tensor GatedGelu(Tensor h_R2F)
    {
        var (rows, width) = (h_R2F.shape[0], h_R2F.shape[1] / 2);
        var result = empty(rows, width);
        KernelsLibrary.GatedGelu(Start<float>(h_R2F), Start<float>(result), rows, width);
        return result;
    }

    /// <inheritdoc/>
    public override void GatedGeluBackward(Tensor dy_RF, Tensor h_R2F) =>
        KernelsLibrary.GatedGeluBackward(Start<float>(dy_RF), Start<float>(h_R2F), dy_RF.shape[0], dy_RF.shape[1]);

    /// <inheritdoc/>
    public override void ReluBackward(Tensor dy_RF, Tensor y_RF) =>
        KernelsLibrary.ReluBackward(Start<float>(dy_RF), Start<float>(y_RF), y_RF.NumberOfElements);

    /// <inheritdoc/>
    public override LossSums CrossEntropy(Tensor logits_RV, ReadOnlySpan<long> targets_R, LossOptions loss, bool gradient, Span<float> nll_R)
    {
        fixed (long* targets = targets_R)
        fixed (float* nll = nll_R)
        {
            var sums = Kernels.CrossEntropy(
                Start<float>(logits_RV), targets, logits_RV.shape[0], logits_RV.shape[1], ignored: -1, loss.ZWeight, gradient, rowLosses_N: nll, labelSmoothing: loss.LabelSmoothing);
            return new LossSums(sums.Loss, sums.ZLoss, sums.Smoothing, sums.Count);
        }
    }

    /// <inheritdoc/>
    public override void EmbeddingBackward(Tensor gradient_RD, Tensor ids_R, Tensor table_VD) =>
        KernelsLibrary.EmbeddingBackward(
            Start<float>(gradient_RD), Start<long>(ids_R), Start<float>(table_VD), gradient_RD.shape[0], gradient_RD.shape[1]);

    /// <inheritdoc/>
    public override (Tensor Result, Tensor? Weights) Attention(
        AttentionShape shape, Projections input, AttentionView view, Tensor? dropout_BHK, bool keep)
    {
        var result = empty((long)shape.Batch * shape.Queries, shape.Inner);
        var weights = keep ? empty(shape.Batch, shape.Heads, shape.Queries, shape.Keys) : null;
        var native = Describe(shape, input, view);
        native.ValueScale = StartOrNull(dropout_BHK);
        var queries = Start<float>(input.Queries);
        var memory = Start<float>(input.Memory);
        Check(KernelsLibrary.Attention(
            &native, queries + input.QueryColumn, memory + input.KeyColumn, memory + input.ValueColumn, Start<float>(result), StartOrNull(weights)));
        return (result, weights);
    }

    /// <inheritdoc/>
    public override void AttentionBackward(
        AttentionShape shape, Projections input, Tensor? dropout_BHK, Tensor gradient, Tensor weights_BHQK, Projections into, Tensor? dbias_HN)
    {
        var native = Describe(shape, input, default);
        native.ValueScale = StartOrNull(dropout_BHK);
        var queries = Start<float>(input.Queries);
        var memory = Start<float>(input.Memory);
        var dqueries = Start<float>(into.Queries);
        var dmemory = Start<float>(into.Memory);
        Check(KernelsLibrary.AttentionBackward(
            &native, queries + input.QueryColumn, memory + input.KeyColumn, memory + input.ValueColumn, Start<float>(gradient), Start<float>(weights_BHQK),
            dqueries + into.QueryColumn, dmemory + into.KeyColumn, dmemory + into.ValueColumn, StartOrNull(dbias_HN)));
    }

    /// <summary>Where a tensor begins, or null.</summary>
    protected static float* StartOrNull(Tensor? tensor) => tensor is null ? null : Start<float>(tensor);

    /// <summary>Sizes and strides of an attention, and what it sees.</summary>
    protected static NativeAttention Describe(AttentionShape shape, Projections input, AttentionView view)
    {
        var (queryRow, memoryRow) = (input.Queries.shape[1], input.Memory.shape[1]);
        return new NativeAttention
        {
            Batch = shape.Batch,
            Heads = shape.Heads,
            Queries = shape.Queries,
            Keys = shape.Keys,
            Width = shape.Width,
            QHead = input.QueryStride,
            KHead = input.MemoryStride,
            QBatch = shape.Queries * queryRow,
            QRow = queryRow,
            KBatch = input.MemoryRows * memoryRow,
            KRow = memoryRow,
            VBatch = input.MemoryRows * memoryRow,
            VRow = memoryRow,
            OBatch = (long)shape.Queries * shape.Inner,
            ORow = shape.Inner,
            BiasHeads = shape.Distances,
            BiasOrigin = shape.Queries - 1,
            Causal = shape.Causal ? 1 : 0,
            CausalOffset = shape.Offset,
            Scale = shape.Scale,
            Bias = StartOrNull(view.Bias),
            Keep = view.KeyMask is null ? null : Start<byte>(view.KeyMask),
            QuerySegments = view.QuerySegments is null ? null : Start<long>(view.QuerySegments),
            KeySegments = view.KeySegments is null ? null : Start<long>(view.KeySegments),
        };
    }

    private static void Check(int status)
    {
        if (status != 0)
        {
            throw new InvalidOperationException("no BLAS library was found in this process; install libopenblas0-openmp");
        }
    }
}
