using Orchestrator.Core.Specs;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>An encoder or a decoder: blocks, and what is before and after them. Owns its parts.</summary>
/// <param name="model">The sizes.</param>
/// <param name="causal">Whether a position sees those before it alone.</param>
/// <param name="blocks">The blocks.</param>
/// <param name="bias">The relative bias that self-attentions share, or null.</param>
/// <param name="rotary">The rotary positions that self-attentions share, or null.</param>
/// <param name="finalNorm">The norm after the last block, or null.</param>
internal sealed class Stack(
    ResolvedModel model, bool causal, IReadOnlyList<Stack.Block> blocks, RelativeBias? bias, Rotary? rotary, Norm? finalNorm) : IDisposable
{
    // T5 folds the attention's 1/sqrt(E) into the queries' initial weights.
    private readonly float _scale = model.Family == ModelFamily.T5 ? 1f : (float)(1.0 / Math.Sqrt(model.DKv));

    /// <summary>Number of blocks.</summary>
    public int Layers => blocks.Count;

    /// <summary>The stack's result [B x L, D]; takes over <paramref name="x_RD"/>, the embeddings.</summary>
    /// <param name="x_RD">Embeddings.</param>
    /// <param name="own">The sequence.</param>
    /// <param name="memory">The encoder's result, an operand, for a decoder of an encoder.</param>
    /// <param name="memorySequence">Its sequence.</param>
    /// <param name="pass">The pass.</param>
    public Tensor Forward(Tensor x_RD, Sequence own, Tensor? memory, Sequence? memorySequence, Pass pass)
    {
        var self = Self(own);
        rotary?.Prepare(own.Length, pass.Device);
        using var distances = bias?.Forward(self);
        var embeddingDropout = pass.StreamDropout(x_RD);
        Pass.Drop(x_RD, embeddingDropout);
        pass.Keep(embeddingDropout);
        foreach (var block in blocks)
        {
            pass.Watch(x_RD);
            x_RD = block.Self.Forward(x_RD, self, own.Seeing(own, distances), own.Positions, pass);
            if (block.Cross is not null)
            {
                x_RD = block.Cross.Forward(x_RD, memory!, Cross(own, memorySequence!), own.Seeing(memorySequence!), pass);
            }

            x_RD = block.FeedForward.Forward(x_RD, pass);
        }

        if (finalNorm is null)
        {
            pass.Watch(x_RD);
            return x_RD;
        }

        var (result, statistics) = finalNorm.Forward(x_RD, pass);
        pass.Watch(result);
        // T5 drops out its result too.
        var dropout = model.Family == ModelFamily.T5 ? pass.StreamDropout(result) : null;
        Pass.Drop(result, dropout);
        pass.Keep(x_RD, statistics, dropout);
        return result;
    }

    /// <summary>The gradient of the embeddings; adds the memory's to <paramref name="dmemory"/>.</summary>
    /// <param name="gradient_RD">Gradient of the result. Overwritten.</param>
    /// <param name="own">As in the forward half.</param>
    /// <param name="memory">As in the forward half.</param>
    /// <param name="memorySequence">As in the forward half.</param>
    /// <param name="dmemory">Gradient of the memory, for a decoder of an encoder.</param>
    /// <param name="pass">The pass.</param>
    public Tensor Backward(Tensor gradient_RD, Sequence own, Tensor? memory, Sequence? memorySequence, Tensor? dmemory, Pass pass)
    {
        var self = Self(own);
        var dx = BackThroughNorm(gradient_RD, pass);
        using var dbias = bias is null ? null : zeros([self.Heads, self.Distances], ScalarType.Float32, pass.Device);
        foreach (var block in blocks.Reverse())
        {
            block.FeedForward.Backward(dx, pass);
            block.Cross?.Backward(dx, memory!, dmemory!, Cross(own, memorySequence!), pass);
            block.Self.Backward(dx, self, dbias, own.Positions, pass);
        }

        bias?.Backward(dbias!, self);
        using (var kept = pass.Restore())
        {
            Pass.Drop(dx, kept.Optional(0));
        }

        return dx;
    }

    /// <summary>The keys and values of each block's cross-attention.</summary>
    public Tensor[] ProjectMemory(Tensor memory, Pass pass) => [.. blocks.Select(block => block.Cross!.Project(memory, pass))];

    /// <summary>The decoder's result for new positions of each row; takes over <paramref name="x_RD"/>.</summary>
    /// <param name="x_RD">The new tokens' embeddings [B x n, D].</param>
    /// <param name="fresh">The new tokens and what is kept of those before them.</param>
    /// <param name="caches">Each block's keys and values so far [B x capacity, 2I]; written.</param>
    /// <param name="memory">Each block's keys and values of the memory, for a decoder of an encoder.</param>
    /// <param name="memoryMask">Which keys of the memory are seen, or null.</param>
    /// <param name="pass">A pass without backward half.</param>
    public Tensor Step(Tensor x_RD, Continuation fresh, Tensor[] caches, Tensor[]? memory, Tensor? memoryMask, Pass pass)
    {
        var self = new AttentionShape(
            pass.Batch, model.Heads, fresh.Length, fresh.Offset + fresh.Length, model.DKv, Causal: true, fresh.Offset, _scale);
        rotary?.Prepare(fresh.Offset + fresh.Length, pass.Device);
        using var distances = bias?.Forward(self);
        for (var layer = 0; layer < blocks.Count; layer++)
        {
            var block = blocks[layer];
            x_RD = block.Self.Step(x_RD, self, new AttentionView(distances, fresh.KeyMask), fresh.Positions, caches[layer], fresh.Places, pass);
            if (block.Cross is not null)
            {
                var cross = self with { Keys = (int)(memory![layer].shape[0] / pass.Batch), Causal = false, Offset = 0 };
                x_RD = block.Cross.Attend(x_RD, memory[layer], cross, new AttentionView(null, memoryMask), pass);
            }

            x_RD = block.FeedForward.Forward(x_RD, pass);
        }

        if (finalNorm is null)
        {
            return x_RD;
        }

        var (result, statistics) = finalNorm.Forward(x_RD, pass);
        pass.Keep(x_RD, statistics);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in blocks)
        {
            block.Self.Dispose();
            block.Cross?.Dispose();
            block.FeedForward.Dispose();
        }

        bias?.Dispose();
        rotary?.Dispose();
        finalNorm?.Dispose();
    }

    private Tensor BackThroughNorm(Tensor gradient_RD, Pass pass)
    {
        if (finalNorm is null)
        {
            return gradient_RD.clone();
        }

        var dx = zeros_like(gradient_RD);
        using var kept = pass.Restore();
        Pass.Drop(gradient_RD, kept.Optional(2));
        finalNorm.Backward(gradient_RD, kept[0], kept[1], dx, pass);
        return dx;
    }

    private AttentionShape Self(Sequence own) => new(own.Batch, model.Heads, own.Length, own.Length, model.DKv, causal, 0, _scale);

    private AttentionShape Cross(Sequence own, Sequence memory) =>
        new(own.Batch, model.Heads, own.Length, memory.Length, model.DKv, Causal: false, 0, _scale);

    /// <summary>A block's sublayers in their order.</summary>
    /// <param name="Self">Attention over the sequence itself.</param>
    /// <param name="Cross">Attention over the encoder's result, or null.</param>
    /// <param name="FeedForward">The feed-forward layer.</param>
    public sealed record Block(SelfAttention Self, CrossAttention? Cross, FeedForward FeedForward);
}
