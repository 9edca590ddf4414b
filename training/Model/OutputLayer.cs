using Orchestrator.Training.Data;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>Logits and loss: scale h W' + b. Owns its parts.</summary>
/// <remarks>Logits are made, turned into their gradient and dropped chunk by chunk, and only for target tokens that count.</remarks>
/// <param name="output">W and b; W may be the embedding.</param>
/// <param name="vocabulary">V.</param>
/// <param name="scale">D^-1/2 in a T5 with tied embeddings (Mesh TensorFlow, transformer.py), else 1.</param>
/// <param name="transform">What h goes through first, or null.</param>
internal sealed class OutputLayer(Linear output, int vocabulary, float scale = 1f, HeadTransform? transform = null) : IDisposable
{
    /// <summary>Logits of one chunk at most; fixed, since sums over rows depend on it.</summary>
    private const int ChunkLogits = 1 << 22;

    /// <summary>Rows of a chunk.</summary>
    private int ChunkRows => Math.Max(64, ChunkLogits / vocabulary);

    /// <summary>The logits [R, V].</summary>
    public Tensor Logits(Tensor hidden_RD, Pass pass)
    {
        using var transformed = Transformed(hidden_RD, pass);
        using var operand = pass.Operand(Scaled(transformed));
        return output.Apply(operand, pass);
    }

    /// <summary>The gradient of the summed loss by the decoder's result; adds the weight's.</summary>
    public Tensor LossBackward(Tensor hidden_RD, TokenBatch batch, LossOptions loss, Pass pass, out LossSums sums)
    {
        var counted = Counted(batch);
        sums = default;
        if (counted.Length == 0)
        {
            return zeros_like(hidden_RD);
        }

        var all = counted.Length == batch.Targets.Length;
        using var index = all ? null : TensorMemory.Of(counted, [counted.Length], hidden_RD.device);
        using var selected = all ? hidden_RD.alias() : hidden_RD.index_select(0, index!);
        using var transformed = Transformed(selected, pass);
        using var scaled = pass.Operand(Scaled(transformed));
        var gradient = empty_like(selected);
        for (var first = 0; first < counted.Length; first += ChunkRows)
        {
            var rows = Math.Min(ChunkRows, counted.Length - first);
            using var chunk = scaled.narrow(0, first, rows);
            using var logits = output.Apply(chunk, pass);
            sums += pass.Operations.CrossEntropy(logits, Tokens(batch, counted, first, rows), loss, gradient: true, []);
            using var into = gradient.narrow(0, first, rows);
            using var dchunk = output.Backward(logits, chunk, pass);
            into.copy_(dchunk);
        }

        if (scale != 1f)
        {
            gradient.mul_(scale);
        }

        if (transform is not null)
        {
            using var dtransformed = gradient;
            gradient = transform.Backward(dtransformed, pass);
        }

        if (all)
        {
            return gradient;
        }

        using (gradient)
        {
            return zeros_like(hidden_RD).index_copy_(0, index!, gradient);
        }
    }

    /// <summary>The negative log-likelihood of each target token, 0 where it does not count.</summary>
    /// <param name="hidden_RD">The decoder's result.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="pass">The pass.</param>
    /// <param name="likeliest">[R]; gains the likeliest token at each place that counts; null: not wanted.</param>
    public float[] TokenLosses(Tensor hidden_RD, TokenBatch batch, Pass pass, long[]? likeliest = null)
    {
        var losses = new float[batch.Targets.Length];
        var counted = Counted(batch);
        if (counted.Length == 0)
        {
            return losses;
        }

        using var index = TensorMemory.Of(counted, [counted.Length], hidden_RD.device);
        using var selected = hidden_RD.index_select(0, index);
        using var transformed = Transformed(selected, pass);
        using var scaled = pass.Operand(Scaled(transformed));
        var values = new float[ChunkRows];
        for (var first = 0; first < counted.Length; first += ChunkRows)
        {
            var rows = Math.Min(ChunkRows, counted.Length - first);
            using var chunk = scaled.narrow(0, first, rows);
            using var logits = output.Apply(chunk, pass);
            using var best = likeliest is null ? null : logits.argmax(1).cpu();
            pass.Operations.CrossEntropy(logits, Tokens(batch, counted, first, rows), default, gradient: false, values.AsSpan(0, rows));
            for (var i = 0; i < rows; i++)
            {
                if (best is not null)
                {
                    likeliest![counted[first + i]] = TensorMemory.Values<long>(best)[i];
                }

                losses[counted[first + i]] = values[i];
            }
        }

        return losses;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        output.Dispose();
        transform?.Dispose();
    }

    private static long[] Counted(TokenBatch batch)
    {
        var rows = new List<long>(batch.Targets.Length);
        for (var i = 0; i < batch.Targets.Length; i++)
        {
            if (batch.Counts(i))
            {
                rows.Add(i);
            }
        }

        return [.. rows];
    }

    private static long[] Tokens(TokenBatch batch, long[] counted, int first, int rows) =>
        Array.ConvertAll(counted[first..(first + rows)], place => batch.Targets[place]);

    private Tensor Transformed(Tensor hidden_RD, Pass pass) => transform is null ? hidden_RD.alias() : transform.Forward(hidden_RD, pass);

    private Tensor Scaled(Tensor hidden_RD) => scale == 1f ? hidden_RD.alias() : hidden_RD * scale;
}
