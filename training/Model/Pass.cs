using Orchestrator.Core.Specs;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>One pass of a batch through the model: its sizes, its dropout, and what the forward half keeps for the backward half.</summary>
/// <remarks>Sublayers keep their tensors on a stack, which the backward half empties in the opposite order. Tensors on it belong to it.</remarks>
internal sealed class Pass(Operations operations, Device device, Precision precision, int batch, bool training, double dropout, long dropoutSeed) : IDisposable
{
    private const int MaskChunk = 1 << 15;

    private readonly Stack<Tensor?[]> _kept = new();
    private ulong _site;

    /// <summary>The operations in use.</summary>
    public Operations Operations => operations;

    /// <summary>Where the tensors live.</summary>
    public Device Device => device;

    /// <summary>B, rows of the batch.</summary>
    public int Batch => batch;

    /// <summary>Whether a backward half follows.</summary>
    public bool Training => training;

    /// <summary>Shown the stream before each block and a stack's result, where someone looks on.</summary>
    public required Action<Tensor> Watch { get; init; }

    /// <summary>A tensor as the operand of matrix products: itself, or its copy in bfloat16, and then it is disposed.</summary>
    public Tensor Operand(Tensor tensor)
    {
        if (precision == Precision.Fp32)
        {
            return tensor;
        }

        using (tensor)
        {
            return tensor.to_type(ScalarType.BFloat16);
        }
    }

    /// <summary>The same of a tensor that is still needed: an alias, or its copy in bfloat16.</summary>
    public Tensor OperandOf(Tensor tensor) => precision == Precision.Fp32 ? tensor.alias() : tensor.to_type(ScalarType.BFloat16);

    /// <summary>Keeps tensors for the backward half, or disposes them if there is none.</summary>
    public void Keep(params Tensor?[] tensors)
    {
        if (training)
        {
            _kept.Push(tensors);
            return;
        }

        Release(tensors);
    }

    /// <summary>Takes back the tensors that were kept last; the caller disposes them.</summary>
    public Kept Restore() => new(_kept.Pop());

    /// <summary>
    /// Whether dropout is T5's (Mesh TensorFlow's): a feature is dropped for a whole row, and the feed-forward layer's hidden values are dropped too. Else it is
    /// GPT-2's and BERT's: each value of the stream is dropped by itself.
    /// </summary>
    public bool DropsWholeRows { get; init; } = true;

    /// <summary>The factors of a dropout of the stream [B x L, D], for <see cref="Drop"/>: [B, 1, D] where whole rows are dropped, else [B, L, D]; or null.</summary>
    public Tensor? StreamDropout(Tensor x_RD) => DropoutMask(batch, DropsWholeRows ? 1 : x_RD.shape[0] / batch, x_RD.shape[1]);

    /// <summary>The factors of a dropout: 0, or 1 / (1 - rate); null where nothing is dropped.</summary>
    /// <param name="shape">Shape of the factors.</param>
    public Tensor? DropoutMask(params long[] shape)
    {
        if (!training || dropout <= 0.0)
        {
            return null;
        }

        var random = new CounterRandom(dropoutSeed, _site++);
        var values = new float[shape.Aggregate(1L, (product, dimension) => product * dimension)];
        var kept = (float)(1.0 / (1.0 - dropout));
        // A value depends on its place alone, so that threads may share them out.
        Parallel.For(0, (values.Length + MaskChunk - 1) / MaskChunk, chunk =>
        {
            for (var i = chunk * MaskChunk; i < Math.Min(values.Length, (chunk + 1) * MaskChunk); i++)
            {
                values[i] = random.Uniform((ulong)i) < dropout ? 0f : kept;
            }
        });

        return TensorMemory.Of(values, shape, device);
    }

    /// <summary>Multiplies the rows [B x L, D] by factors [B, 1, D], those of their batch item, or [B, L, D], their own, in place.</summary>
    public static void Drop(Tensor x_RD, Tensor? mask)
    {
        if (mask is not null)
        {
            using var view = x_RD.view(mask.shape[0], -1, x_RD.shape[1]);
            view.mul_(mask);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_kept.TryPop(out var tensors))
        {
            Release(tensors);
        }
    }

    private static void Release(Tensor?[] tensors)
    {
        foreach (var tensor in tensors)
        {
            tensor?.Dispose();
        }
    }

    /// <summary>Tensors that were kept, disposed together.</summary>
    public readonly struct Kept(Tensor?[] tensors) : IDisposable
    {
        /// <summary>A tensor that is there.</summary>
        public Tensor this[int index] => tensors[index]!;

        /// <summary>A tensor or null.</summary>
        public Tensor? Optional(int index) => tensors[index];

        /// <inheritdoc/>
        public void Dispose() => Release(tensors);
    }
}
