using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: R = rows (batch x length), D = width of the stream, I = heads x head width.

/// <summary>The sublayer x + dropout(attention(norm(x)) o) over the sequence itself.</summary>
internal sealed class SelfAttention(FlatParameters parameters, string prefix, ResolvedModel model) : IDisposable
{
    private readonly Norm _norm = new(parameters, prefix + "layer_norm.weight");
    private readonly Weight _qkv = new(parameters, prefix + "SelfAttention.q.weight", prefix + "SelfAttention.v.weight");
    private readonly Weight _output = new(parameters, prefix + "SelfAttention.o.weight");

    /// <summary>The sublayer's result; takes over <paramref name="x_RD"/>.</summary>
    public Tensor Forward(Tensor x_RD, AttentionShape shape, Tensor? bias, Tensor? keyMask, Pass pass)
    {
        var (normed, rstd) = _norm.Operand(x_RD, pass);
        var qkv = _qkv.Apply(normed, pass);
        var attentionDropout = pass.DropoutMask(shape.Batch, shape.Heads, shape.Keys);
        var (context, weights) = pass.Operations.Attention(shape, Packed(qkv, shape), bias, keyMask, attentionDropout, pass.Training);
        var operand = pass.Operand(context);
        var result = Residual(_output, x_RD, operand, pass, out var dropout);
        pass.Keep(x_RD, normed, rstd, qkv, attentionDropout, operand, weights, dropout);
        return result;
    }

    /// <summary>Turns the gradient of the result into that of x, in place.</summary>
    public void Backward(Tensor gradient_RD, AttentionShape shape, Tensor? dbias, Pass pass)
    {
        using var kept = pass.Restore();
        var (normed, qkv, context) = (kept[1], kept[3], kept[5]);
        using var dcontext = ResidualBackward(_output, gradient_RD, context, kept.Optional(7), pass);
        var dqkv = empty_like(qkv);
        pass.Operations.AttentionBackward(shape, Packed(qkv, shape), kept.Optional(4), dcontext, kept[6], Packed(dqkv, shape), dbias);
        using var operand = pass.Operand(dqkv);
        using var dnormed = _qkv.Back(operand);
        _qkv.Accumulate(operand, normed);
        _norm.Backward(dnormed, kept[0], kept[2], gradient_RD, pass);
    }

    /// <summary>The result for one new position of each row, over the positions before it in <paramref name="cache"/> as well.</summary>
    /// <param name="x_BD">The new position's stream; taken over.</param>
    /// <param name="shape">Of one query over all positions so far.</param>
    /// <param name="bias">Bias by distance.</param>
    /// <param name="cache">Keys and values of all positions [B x capacity, 2I]; the new one's are written.</param>
    /// <param name="pass">A pass without backward half.</param>
    public Tensor Step(Tensor x_BD, AttentionShape shape, Tensor? bias, Tensor cache, Pass pass)
    {
        var (normed, rstd) = _norm.Operand(x_BD, pass);
        using var qkv = _qkv.Apply(normed, pass);
        var capacity = (int)(cache.shape[0] / shape.Batch);
        using (var rows = cache.view(shape.Batch, capacity, -1))
        using (var row = rows.select(1, shape.Offset))
        using (var kv = qkv.narrow(1, shape.Inner, 2 * shape.Inner))
        {
            row.copy_(kv);
        }

        var packed = new Projections(qkv, 0, cache, 0, shape.Inner, capacity);
        var (context, _) = pass.Operations.Attention(shape, packed, bias, null, null, keep: false);
        var operand = pass.Operand(context);
        var result = _output.ApplyOnto(x_BD, operand, pass);
        pass.Keep(x_BD, normed, rstd, operand);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _norm.Dispose();
        _qkv.Dispose();
        _output.Dispose();
    }

    /// <summary>x + dropout(h W').</summary>
    internal static Tensor Residual(Weight output, Tensor x_RD, Tensor h, Pass pass, out Tensor? dropout)
    {
        dropout = pass.DropoutMask(pass.Batch, 1, x_RD.shape[1]);
        if (dropout is null)
        {
            return output.ApplyOnto(x_RD, h, pass);
        }

        var result = output.Apply(h, pass);
        Pass.Drop(result, dropout);
        return result.add_(x_RD);
    }

    /// <summary>The gradient of h; the residual's own gradient stays as it is.</summary>
    internal static Tensor ResidualBackward(Weight output, Tensor gradient_RD, Tensor h, Tensor? dropout, Pass pass)
    {
        using var dropped = dropout is null ? gradient_RD.alias() : gradient_RD.clone();
        Pass.Drop(dropped, dropout);
        using var operand = pass.OperandOf(dropped);
        output.Accumulate(operand, h);
        return output.Back(operand);
    }

    private Projections Packed(Tensor qkv, AttentionShape shape) => new(qkv, 0, qkv, model.Inner, 2 * model.Inner, shape.Keys);
}
