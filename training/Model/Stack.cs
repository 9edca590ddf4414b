using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>The encoder or the decoder: blocks, the final norm, and the relative bias that its self-attentions share.</summary>
internal sealed class Stack : IDisposable
{
    private readonly ResolvedModel _model;
    private readonly bool _decoder;
    private readonly Block[] _blocks;
    private readonly RelativeBias _bias;
    private readonly Norm _finalNorm;

    public Stack(FlatParameters parameters, string name, ResolvedModel model, bool decoder)
    {
        _model = model;
        _decoder = decoder;
        _blocks = [.. Enumerable.Range(0, decoder ? model.DecoderLayers : model.EncoderLayers).Select(block =>
        {
            var prefix = $"{name}.block.{block}.layer.";
            return new Block(
                new SelfAttention(parameters, prefix + "0.", model),
                decoder ? new CrossAttention(parameters, prefix + "1.", model) : null,
                new FeedForward(parameters, prefix + (decoder ? "2." : "1."), model));
        })];
        _bias = new RelativeBias(parameters, $"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight", model, bidirectional: !decoder);
        _finalNorm = new Norm(parameters, $"{name}.final_layer_norm.weight");
    }

    /// <summary>Number of blocks.</summary>
    public int Layers => _blocks.Length;

    /// <summary>The stack's result [B x L, D]; takes over <paramref name="x_RD"/>, the embeddings.</summary>
    /// <param name="x_RD">Embeddings.</param>
    /// <param name="length">L.</param>
    /// <param name="selfMask">Which keys of the sequence itself are seen, or null.</param>
    /// <param name="memory">The encoder's result, for a decoder.</param>
    /// <param name="memoryMask">Which keys of the memory are seen, or null.</param>
    /// <param name="pass">The pass.</param>
    public Tensor Forward(Tensor x_RD, int length, Tensor? selfMask, Tensor? memory, Tensor? memoryMask, Pass pass)
    {
        var self = Self(pass.Batch, length);
        using var bias = _bias.Forward(self);
        var embeddingDropout = pass.DropoutMask(pass.Batch, 1, _model.DModel);
        Pass.Drop(x_RD, embeddingDropout);
        pass.Keep(embeddingDropout);
        foreach (var block in _blocks)
        {
            x_RD = block.Self.Forward(x_RD, self, bias, selfMask, pass);
            if (block.Cross is not null)
            {
                x_RD = block.Cross.Forward(x_RD, memory!, Cross(pass.Batch, length, memory!), memoryMask, pass);
            }

            x_RD = block.FeedForward.Forward(x_RD, pass);
        }

        var (result, rstd) = _finalNorm.Forward(x_RD, pass);
        var dropout = pass.DropoutMask(pass.Batch, 1, _model.DModel);
        Pass.Drop(result, dropout);
        pass.Keep(x_RD, rstd, dropout);
        return result;
    }

    /// <summary>The gradient of the embeddings; adds the memory's to <paramref name="dmemory"/>.</summary>
    /// <param name="gradient_RD">Gradient of the result. Overwritten.</param>
    /// <param name="length">L.</param>
    /// <param name="memory">As in the forward half.</param>
    /// <param name="dmemory">Gradient of the memory, for a decoder.</param>
    /// <param name="pass">The pass.</param>
    public Tensor Backward(Tensor gradient_RD, int length, Tensor? memory, Tensor? dmemory, Pass pass)
    {
        var self = Self(pass.Batch, length);
        var dx = zeros_like(gradient_RD);
        using (var kept = pass.Restore())
        {
            Pass.Drop(gradient_RD, kept.Optional(2));
            _finalNorm.Backward(gradient_RD, kept[0], kept[1], dx, pass);
        }

        using var dbias = zeros([self.Heads, self.Distances], ScalarType.Float32, pass.Device);
        foreach (var block in _blocks.Reverse())
        {
            block.FeedForward.Backward(dx, pass);
            block.Cross?.Backward(dx, memory!, dmemory!, Cross(pass.Batch, length, memory!), pass);
            block.Self.Backward(dx, self, dbias, pass);
        }

        _bias.Backward(dbias, self);
        using (var kept = pass.Restore())
        {
            Pass.Drop(dx, kept.Optional(0));
        }

        return dx;
    }

    /// <summary>The keys and values of each block's cross-attention.</summary>
    public Tensor[] ProjectMemory(Tensor memory, Pass pass) => [.. _blocks.Select(block => block.Cross!.Project(memory, pass))];

    /// <summary>The decoder's result for one new position of each row; takes over <paramref name="x_BD"/>.</summary>
    /// <param name="x_BD">The new tokens' embeddings.</param>
    /// <param name="position">Their position.</param>
    /// <param name="caches">Each block's keys and values so far [B x capacity, 2I]; written.</param>
    /// <param name="memoryProjections">Each block's keys and values of the memory.</param>
    /// <param name="memoryMask">Which keys of the memory are seen, or null.</param>
    /// <param name="pass">A pass without backward half.</param>
    public Tensor Step(Tensor x_BD, int position, Tensor[] caches, Tensor[] memoryProjections, Tensor? memoryMask, Pass pass)
    {
        var self = new AttentionShape(pass.Batch, _model.Heads, 1, position + 1, _model.DKv, Causal: true, position);
        using var bias = _bias.Forward(self);
        for (var layer = 0; layer < _blocks.Length; layer++)
        {
            var block = _blocks[layer];
            var memory = memoryProjections[layer];
            x_BD = block.Self.Step(x_BD, self, bias, caches[layer], pass);
            x_BD = block.Cross!.Attend(x_BD, memory, Cross(pass.Batch, 1, memory), memoryMask, pass);
            x_BD = block.FeedForward.Forward(x_BD, pass);
        }

        var (result, rstd) = _finalNorm.Forward(x_BD, pass);
        pass.Keep(x_BD, rstd);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _blocks)
        {
            block.Self.Dispose();
            block.Cross?.Dispose();
            block.FeedForward.Dispose();
        }

        _bias.Dispose();
        _finalNorm.Dispose();
    }

    private AttentionShape Self(int batch, int length) => new(batch, _model.Heads, length, length, _model.DKv, Causal: _decoder, 0);

    private AttentionShape Cross(int batch, int length, Tensor memory) =>
        new(batch, _model.Heads, length, (int)(memory.shape[0] / batch), _model.DKv, Causal: false, 0);

    private sealed record Block(SelfAttention Self, CrossAttention? Cross, FeedForward FeedForward);
}
