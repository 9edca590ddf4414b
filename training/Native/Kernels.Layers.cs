using System.Runtime.InteropServices;

namespace Orchestrator.Training.Native;

// Shape suffixes: N = rows, V = vocabulary, D = model width, B = batch, H = heads, Q = queries, K = keys. Row-major fp32.
public static unsafe partial class Kernels
{
    /// <summary>Cross-entropy with z-loss and smoothed labels over logits, and its gradient in their place.</summary>
    /// <remarks>
    /// Row loss: log Z - sum of p logit - H(p) + z log² Z, p being 1 - s at the target and s / (V - 1) elsewhere, H(p) its entropy: 0 for a perfect
    /// model (T5X, losses.py; Raffel et al. 2019 without smoothing; PaLM, section 5, for the z-loss). Sums in double, in row order.
    /// </remarks>
    /// <param name="logits_NV">[N, V]. With <paramref name="backward"/> it becomes gradientScale x d(sum of row losses)/d(logits), zero in ignored rows.</param>
    /// <param name="targets_N">[N], each in [0, V) or <paramref name="ignored"/>.</param>
    /// <param name="rows">N.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="ignored">Target of rows that do not count: 0 is padding in T5's data, -100 in Hugging Face's.</param>
    /// <param name="zLoss">z; 1e-4 in T5.</param>
    /// <param name="backward">Whether the logits are replaced by the gradient; if not, they stay.</param>
    /// <param name="gradientScale">Factor of the gradient.</param>
    /// <param name="rowLosses_N">-log p(target) of each row, 0 in ignored rows; may be null.</param>
    /// <param name="labelSmoothing">s, in [0, 1).</param>
    /// <exception cref="ArgumentException">A target is neither in the vocabulary nor ignored.</exception>
    public static CrossEntropyResult CrossEntropy(
        float* logits_NV,
        long* targets_N,
        long rows,
        long vocabulary,
        long ignored = 0,
        double zLoss = 1e-4,
        bool backward = true,
        float gradientScale = 1,
        float* rowLosses_N = null,
        double labelSmoothing = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabulary, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(labelSmoothing);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(labelSmoothing, 1.0);
        for (var n = 0L; n < rows; n++)
        {
            if ((ulong)targets_N[n] >= (ulong)vocabulary && targets_N[n] != ignored)
            {
                throw new ArgumentException($"Target {targets_N[n]} of row {n} is not in the vocabulary of {vocabulary}.", nameof(targets_N));
            }
        }

        var smoothing = new NativeSmoothing { Share = labelSmoothing, Entropy = SmoothedEntropy(labelSmoothing, vocabulary) };
        CrossEntropyResult result;
        KernelsLibrary.CrossEntropy(
            logits_NV, targets_N, rows, vocabulary, ignored, zLoss, smoothing, gradientScale, backward ? 1 : 0, rowLosses_N, &result);
        return result;
    }

    /// <summary>The entropy of a smoothed label, nats: the cross-entropy of a model that gives exactly the label.</summary>
    /// <param name="labelSmoothing">Share of the other tokens together, in [0, 1).</param>
    /// <param name="vocabulary">Number of tokens.</param>
    public static double SmoothedEntropy(double labelSmoothing, long vocabulary) => labelSmoothing == 0.0 || vocabulary < 2
        ? 0.0
        : -((1.0 - labelSmoothing) * Math.Log(1.0 - labelSmoothing)) - (labelSmoothing * Math.Log(labelSmoothing / (vocabulary - 1)));

    /// <summary>T5's layer norm: y = w x / sqrt(mean(x²) + epsilon), by row.</summary>
    /// <param name="x_ND">Input.</param>
    /// <param name="weight_D">w.</param>
    /// <param name="y_ND">Output; may be the input.</param>
    /// <param name="inverse_N">1 / sqrt(…) of each row, for the backward pass.</param>
    /// <param name="rows">N.</param>
    /// <param name="width">D.</param>
    /// <param name="epsilon">1e-6 in T5.</param>
    public static void RmsNorm(float* x_ND, float* weight_D, float* y_ND, float* inverse_N, long rows, long width, double epsilon = 1e-6)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        KernelsLibrary.RmsNorm(x_ND, weight_D, y_ND, inverse_N, rows, width, epsilon);
    }

    /// <summary>The gradient of <see cref="RmsNorm"/>.</summary>
    /// <param name="x_ND">The forward pass's input.</param>
    /// <param name="weight_D">w.</param>
    /// <param name="gradY_ND">Gradient of the output.</param>
    /// <param name="inverse_N">As the forward pass left it.</param>
    /// <param name="gradX_ND">Set; may be <paramref name="gradY_ND"/>.</param>
    /// <param name="gradWeight_D">Added to.</param>
    /// <param name="rows">N.</param>
    /// <param name="width">D.</param>
    public static void RmsNormBackward(
        float* x_ND, float* weight_D, float* gradY_ND, float* inverse_N, float* gradX_ND, float* gradWeight_D, long rows, long width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        KernelsLibrary.RmsNormBackward(x_ND, weight_D, gradY_ND, inverse_N, gradX_ND, gradWeight_D, rows, width);
    }

    /// <summary>softmax(scores + bias) over keys, in place; masked keys get 0, and so does a row of masked keys alone.</summary>
    /// <param name="scores_BHQK">Becomes the probabilities.</param>
    /// <param name="bias_HQK">Added to every sample's scores; may be null.</param>
    /// <param name="keep_BK">0 where a key is masked; may be null.</param>
    /// <param name="batch">B.</param>
    /// <param name="heads">H.</param>
    /// <param name="queries">Q.</param>
    /// <param name="keys">K.</param>
    /// <param name="causal">Query q sees keys 0 to q.</param>
    public static void Softmax(float* scores_BHQK, float* bias_HQK, byte* keep_BK, long batch, long heads, long queries, long keys, bool causal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch * heads * queries * keys);
        KernelsLibrary.Softmax(scores_BHQK, bias_HQK, keep_BK, batch, heads, queries, keys, causal ? 1 : 0);
    }

    /// <summary>The gradient of <see cref="Softmax"/>, in place.</summary>
    /// <param name="grad_BHQK">Of the probabilities; becomes that of the scores.</param>
    /// <param name="probabilities_BHQK">As the forward pass left them.</param>
    /// <param name="gradBias_HQK">Added to, in batch order; may be null.</param>
    /// <param name="batch">B.</param>
    /// <param name="heads">H.</param>
    /// <param name="queries">Q.</param>
    /// <param name="keys">K.</param>
    public static void SoftmaxBackward(float* grad_BHQK, float* probabilities_BHQK, float* gradBias_HQK, long batch, long heads, long queries, long keys)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch * heads * queries * keys);
        KernelsLibrary.SoftmaxBackward(grad_BHQK, probabilities_BHQK, gradBias_HQK, batch, heads, queries, keys);
    }
}

/// <summary>The sums of a cross-entropy over the rows that count.</summary>
/// <param name="Loss">Sum of -log p(target), nats.</param>
/// <param name="ZLoss">Sum of z log² Z.</param>
/// <param name="Smoothing">Sum of what smoothed labels add.</param>
/// <param name="Count">Rows that count.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct CrossEntropyResult(double Loss, double ZLoss, double Smoothing, long Count);
