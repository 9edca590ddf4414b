using TorchSharp;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: R = rows (batch x length), D = width, F = hidden width, V = vocabulary, B = batch, H = heads, Q = queries, K = keys, E = head width.

/// <summary>The model's operations beside matrix products, each with the backward pass that goes with it. All tensors fp32 and contiguous.</summary>
/// <remarks>Two implementations give the same values up to rounding: fused native kernels on the CPU, tensor operators anywhere.</remarks>
internal abstract class Operations
{
    /// <summary>Added to the mean square under the root of a norm.</summary>
    public const double Epsilon = 1e-6;

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
    public abstract (Tensor Result_RD, Tensor Rstd_R) RmsNorm(Tensor x_RD, Tensor weight_D);

    /// <summary>Adds RMSNorm's gradients to <paramref name="dx_RD"/> and <paramref name="dweight_D"/>; <paramref name="dy_RD"/> is used up.</summary>
    public abstract void RmsNormBackward(Tensor dy_RD, Tensor x_RD, Tensor weight_D, Tensor rstd_R, Tensor dx_RD, Tensor dweight_D);

    /// <summary>gelu(h[:, :F]) * h[:, F:], gelu in its tanh form (Shazeer 2020, arXiv:2002.05202).</summary>
    public abstract Tensor GatedGelu(Tensor h_R2F);

    /// <summary>Turns <paramref name="h_R2F"/> into its gradient.</summary>
    public abstract void GatedGeluBackward(Tensor dy_RF, Tensor h_R2F);

    /// <summary>Zeroes <paramref name="dy_RF"/> where the result was zero.</summary>
    public abstract void ReluBackward(Tensor dy_RF, Tensor y_RF);

    /// <summary>The loss of logits against targets, summed over rows.</summary>
    /// <param name="logits_RV">With <paramref name="gradient"/>, becomes the gradient of the total.</param>
    /// <param name="targets_R">Token ids, none of them padding.</param>
    /// <param name="loss">The loss of a token.</param>
    /// <param name="gradient">Whether the gradient is wanted.</param>
    /// <param name="nll_R">Receives each row's negative log-likelihood, if not empty.</param>
    public abstract LossSums CrossEntropy(Tensor logits_RV, ReadOnlySpan<long> targets_R, LossOptions loss, bool gradient, Span<float> nll_R);

    /// <summary>Adds each row to the table's row of its id, in order.</summary>
    public abstract void EmbeddingBackward(Tensor gradient_RD, Tensor ids_R, Tensor table_VD);

    /// <summary>softmax(q k' + bias) v, unscaled as T5 has it.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="input">Queries, keys and values.</param>
    /// <param name="bias_HN">Bias by distance, [H, Q + K - 1], or null.</param>
    /// <param name="keyMask_BK">Bytes: 1 for a key that is seen, 0 for one that is not; or null.</param>
    /// <param name="dropout_BHK">Factor of each attention weight by key, or null.</param>
    /// <param name="keep">Whether a backward pass follows.</param>
    /// <returns>The result [B x Q, H x E] and, if kept, the weights [B, H, Q, K] before dropout.</returns>
    public abstract (Tensor Result, Tensor? Weights) Attention(
        AttentionShape shape, Projections input, Tensor? bias_HN, Tensor? keyMask_BK, Tensor? dropout_BHK, bool keep);

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
