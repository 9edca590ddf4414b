using TorchSharp;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: R = rows (batch x length), D = width, F = hidden width, V = vocabulary, B = batch, H = heads, Q = queries, K = keys, E = head width.

/// <summary>The model's operations beside matrix products, each with the backward pass that goes with it. All tensors fp32 and contiguous.</summary>
/// <remarks>Two implementations give the same values up to rounding: fused native kernels on the CPU, tensor operators anywhere.</remarks>
internal abstract class Operations
{
    /// <summary>The fastest operations of a device.</summary>
    public static Operations For(Device device) => device.type == DeviceType.CPU ? NativeOperations.Instance : TensorOperations.Instance;

    /// <summary>
    /// The same operations, slower for many rows, where a row's results depend on that row alone: not on the rows beside it, on their number, or on
    /// positions that it does not see. These themselves where the device or the number format has none.
    /// </summary>
    public virtual Operations RowWise => this;

    /// <summary>x w', in the operands' number format.</summary>
    /// <param name="x_RK">[R, K], fp32 or bfloat16.</param>
    /// <param name="weight_NK">[N, K] of the same format.</param>
    public virtual Tensor Product(Tensor x_RK, Tensor weight_NK)
    {
        using var transposed = weight_NK.t();
        return x_RK.mm(transposed);
    }

    /// <summary>residual + x w', fp32 all of them.</summary>
    public virtual Tensor ProductOnto(Tensor residual_RN, Tensor x_RK, Tensor weight_NK)
    {
        using var transposed = weight_NK.t();
        return residual_RN.addmm(x_RK, transposed);
    }

    /// <summary>RMSNorm (Zhang and Sennrich 2019): x / rms(x) * w.</summary>
    /// <returns>The result [R, D] and 1 / rms [R].</returns>
    public abstract (Tensor Result_RD, Tensor Rstd_R) RmsNorm(Tensor x_RD, Tensor weight_D, double epsilon);

    /// <summary>Adds RMSNorm's gradients to <paramref name="dx_RD"/> and <paramref name="dweight_D"/>; <paramref name="dy_RD"/> is used up.</summary>
    public abstract void RmsNormBackward(Tensor dy_RD, Tensor x_RD, Tensor weight_D, Tensor rstd_R, Tensor dx_RD, Tensor dweight_D);

    /// <summary>LayerNorm (Ba et al. 2016): (x - mean) / sqrt(variance + epsilon) * w + b.</summary>
    /// <returns>The result [R, D], and mean and 1 / sqrt(...) [R, 2].</returns>
    public abstract (Tensor Result_RD, Tensor Statistics_R2) LayerNorm(Tensor x_RD, Tensor weight_D, Tensor bias_D, double epsilon);

    /// <summary>
    /// Adds LayerNorm's gradients to <paramref name="dx_RD"/>, <paramref name="dweight_D"/> and <paramref name="dbias_D"/>; <paramref name="dy_RD"/> is
    /// used up.
    /// </summary>
    public abstract void LayerNormBackward(
        Tensor dy_RD, Tensor x_RD, Tensor weight_D, Tensor statistics_R2, Tensor dx_RD, Tensor dweight_D, Tensor dbias_D);

    /// <summary>Adds a bias to every row, in place.</summary>
    public abstract void AddBias(Tensor x_RD, Tensor bias_D);

    /// <summary>Adds the sum of the rows to the bias's gradient.</summary>
    public abstract void BiasBackward(Tensor gradient_RD, Tensor dbias_D);

    /// <summary>Turns the values of each head by its row's position, in place.</summary>
    /// <param name="x">[R, any].</param>
    /// <param name="column">First column of the first head.</param>
    /// <param name="headStride">Columns from one head to the next.</param>
    /// <param name="heads">H.</param>
    /// <param name="positions_R">Positions, each below N.</param>
    /// <param name="table_N2P">Cosines and sines of the P pairs that turn.</param>
    /// <param name="forward">Whether forward or back.</param>
    public abstract void Rotate(Tensor x, int column, int headStride, int heads, Tensor positions_R, Tensor table_N2P, bool forward);

    /// <summary>gelu(h + b), by the error function if <paramref name="exact"/>, else in its tanh form (Hendrycks and Gimpel 2016); h becomes h + b.</summary>
    public abstract Tensor Gelu(Tensor h_RF, Tensor bias_F, bool exact);

    /// <summary>Turns the gradient of gelu(h) into that of h, in place.</summary>
    public abstract void GeluBackward(Tensor dy_RF, Tensor h_RF, bool exact);

    /// <summary>gelu(h[:, :F]) * h[:, F:], gelu in its tanh form (Shazeer 2020, arXiv:2002.05202).</summary>
    public abstract Tensor GatedGelu(Tensor h_R2F);

    /// <summary>Turns <paramref name="h_R2F"/> into its gradient.</summary>
    public abstract void GatedGeluBackward(Tensor dy_RF, Tensor h_R2F);

    /// <summary>Zeroes <paramref name="dy_RF"/> where the result was zero.</summary>
    public abstract void ReluBackward(Tensor dy_RF, Tensor y_RF);

    /// <summary>The loss of logits against targets, summed over rows.</summary>
    /// <param name="logits_RV">With <paramref name="gradient"/>, becomes the gradient of the total.</param>
    /// <param name="targets_R">Token ids, each of which counts, 0 too.</param>
    /// <param name="loss">The loss of a token.</param>
    /// <param name="gradient">Whether the gradient is wanted.</param>
    /// <param name="nll_R">Receives each row's negative log-likelihood, if not empty.</param>
    public abstract LossSums CrossEntropy(Tensor logits_RV, ReadOnlySpan<long> targets_R, LossOptions loss, bool gradient, Span<float> nll_R);

    /// <summary>Adds each row to the table's row of its id, in order.</summary>
    public abstract void EmbeddingBackward(Tensor gradient_RD, Tensor ids_R, Tensor table_VD);

    /// <summary>softmax(scale q k' + bias) v.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="input">Queries, keys and values.</param>
    /// <param name="view">What queries see; a query that sees nothing has the result 0.</param>
    /// <param name="dropout_BHK">Factor of each attention weight by key, or null.</param>
    /// <param name="keep">Whether a backward pass follows.</param>
    /// <returns>The result [B x Q, H x E] and, if kept, the weights [B, H, Q, K] before dropout.</returns>
    public abstract (Tensor Result, Tensor? Weights) Attention(
        AttentionShape shape, Projections input, AttentionView view, Tensor? dropout_BHK, bool keep);

    /// <summary>The gradients of attention.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="input">Queries, keys and values.</param>
    /// <param name="dropout_BHK">As in the forward pass.</param>
    /// <param name="gradient">Gradient of the result. Not modified.</param>
    /// <param name="weights_BHQK">The kept weights. Not modified.</param>
    /// <param name="into">Written: the gradients of queries, keys and values, in the input's layout.</param>
    /// <param name="dbias_HN">Added to: the gradient of the bias, or null.</param>
    public abstract void AttentionBackward(
        AttentionShape shape, Projections input, Tensor? dropout_BHK, Tensor gradient, Tensor weights_BHQK, Projections into, Tensor? dbias_HN);
}
