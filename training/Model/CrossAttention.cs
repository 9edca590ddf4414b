using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>The sublayer x + dropout(attention(norm(x), memory) o) over the encoder's result.</summary>
internal sealed class CrossAttention(FlatParameters parameters, string prefix, ResolvedModel model) : IDisposable
{
    private readonly Norm _norm = new(parameters, prefix + "layer_norm.weight");
    private readonly Weight _q = new(parameters, prefix + "EncDecAttention.q.weight");
    private readonly Weight _kv = new(parameters, prefix + "EncDecAttention.k.weight", prefix + "EncDecAttention.v.weight");
    private readonly Weight _output = new(parameters, prefix + "EncDecAttention.o.weight");

    /// <summary>Keys and values of the memory, an operand; [B x K, 2I].</summary>
    public Tensor Project(Tensor memory, Pass pass) => _kv.Apply(memory, pass);

    /// <summary>The sublayer's result; takes over <paramref name="x_RD"/>.</summary>
    public Tensor Forward(Tensor x_RD, Tensor memory, AttentionShape shape, Tensor? keyMask, Pass pass)
    {
        var kv = Project(memory, pass);
        var result = Attend(x_RD, kv, shape, keyMask, pass);
        if (!pass.Training)
        {
            kv.Dispose();
        }

        return result;
    }

    /// <summary>The result over projected keys and values; takes over <paramref name="x_RD"/> and, in training, <paramref name="kv"/>.</summary>
    public Tensor Attend(Tensor x_RD, Tensor kv, AttentionShape shape, Tensor? keyMask, Pass pass)
    {
        var (normed, rstd) = _norm.Operand(x_RD, pass);
        var q = _q.Apply(normed, pass);
        var attentionDropout = pass.DropoutMask(shape.Batch, shape.Heads, shape.Keys);
        var (context, weights) = pass.Operations.Attention(shape, Packed(q, kv, shape), null, keyMask, attentionDropout, pass.Training);
        var operand = pass.Operand(context);
        var result = SelfAttention.Residual(_output, x_RD, operand, pass, out var dropout);
        pass.Keep(x_RD, normed, rstd, q, pass.Training ? kv : null, attentionDropout, operand, weights, dropout);
        return result;
    }

    /// <summary>Turns the gradient of the result into that of x, in place, and adds the memory's; the memory is an operand.</summary>
    public void Backward(Tensor gradient_RD, Tensor memory, Tensor dmemory, AttentionShape shape, Pass pass)
    {
        using var kept = pass.Restore();
        var (normed, q, kv, context) = (kept[1], kept[3], kept[4], kept[6]);
        using var dcontext = SelfAttention.ResidualBackward(_output, gradient_RD, context, kept.Optional(8), pass);
        var dq = empty_like(q);
        var dkv = empty_like(kv);
        pass.Operations.AttentionBackward(shape, Packed(q, kv, shape), kept.Optional(5), dcontext, kept[7], Packed(dq, dkv, shape), null);
        using var kvOperand = pass.Operand(dkv);
        _kv.BackOnto(dmemory, kvOperand);
        _kv.Accumulate(kvOperand, memory);
        using var qOperand = pass.Operand(dq);
        using var dnormed = _q.Back(qOperand);
        _q.Accumulate(qOperand, normed);
        _norm.Backward(dnormed, kept[0], kept[2], gradient_RD, pass);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _norm.Dispose();
        _q.Dispose();
        _kv.Dispose();
        _output.Dispose();
    }

    private Projections Packed(Tensor q, Tensor kv, AttentionShape shape) => new(q, 0, kv, 0, model.Inner, shape.Keys);
}
