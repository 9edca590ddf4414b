using Orchestrator.Core;
using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using static TorchSharp.torch;

namespace Orchestrator.Training.Generation;

/// <summary>One step's logits in this process's memory, each row with its likeliest token and its log Z.</summary>
internal sealed unsafe class StepLogits : IDisposable
{
    private readonly Tensor _logits;

    /// <summary>Takes over the logits [R, V].</summary>
    /// <exception cref="BadInputException">They are not finite.</exception>
    public StepLogits(Tensor logits)
    {
        _logits = logits.cpu();
        logits.Dispose();
        Rows = (int)_logits.shape[0];
        Vocabulary = (int)_logits.shape[1];
        using (var best = _logits.argmax(1))
        {
            Best = TensorMemory.Values<long>(best).ToArray();
        }

        var losses = new float[Rows];
        fixed (long* best = Best)
        fixed (float* into = losses)
        {
            Kernels.CrossEntropy(TensorMemory.Start<float>(_logits), best, Rows, Vocabulary, ignored: -1, zLoss: 0, backward: false, rowLosses_N: into);
        }

        LogZ = new double[Rows];
        for (var row = 0; row < Rows; row++)
        {
            LogZ[row] = (double)Row(row)[(int)Best[row]] + losses[row];
            if (!double.IsFinite(LogZ[row]))
            {
                throw new BadInputException("The model's logits are not finite numbers; its weights are damaged, or training diverged.");
            }
        }
    }

    /// <summary>R.</summary>
    public int Rows { get; }

    /// <summary>V.</summary>
    public int Vocabulary { get; }

    /// <summary>The likeliest token of each row.</summary>
    public long[] Best { get; }

    /// <summary>The logarithm of each row's sum of e^logit.</summary>
    public double[] LogZ { get; }

    /// <summary>One row's logits.</summary>
    public ReadOnlySpan<float> Row(int row) => new(TensorMemory.Start<float>(_logits) + ((long)row * Vocabulary), Vocabulary);

    /// <summary>A token's log-probability.</summary>
    public double LogProbability(int row, long token) => Row(row)[(int)token] - LogZ[row];

    /// <inheritdoc/>
    public void Dispose() => _logits.Dispose();
}
