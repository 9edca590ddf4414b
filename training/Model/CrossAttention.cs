using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>The sublayer whose f is attention over the encoder's result. Owns its parts.</summary>
/// <param name="frame">Norm, residual and output layer.</param>
/// <param name="q">The queries' projection.</param>
/// <param name="kv">Keys' and values', side by side.</param>
internal sealed class CrossAttention(ResidualFrame frame, Linear q, Linear kv) : IDisposable
{
    /// <summary>Keys and values of the memory, an operand; [B x K, 2I].</summary>
    public Tensor Project(Tensor memory, Pass pass) => kv.Apply(memory, pass);

    /// <summary>The sublayer's result; takes over <paramref name="x_RD"/>.</summary>
    public Tensor Forward(Tensor x_RD, Tensor memory, AttentionShape shape, AttentionView view, Pass pass)
    {
        var projected = Project(memory, pass);
        var result = Attend(x_RD, projected, shape, view, pass);
        if (!pass.Training)
        {
            projected.Dispose();
        }

        return result;
    }

    /// <summary>The result over projected keys and values; takes over <paramref name="x_RD"/> and, in training, <paramref name="memory"/>.</summary>
    public Tensor Attend(Tensor x_RD, Tensor memory, AttentionShape shape, AttentionView view, Pass pass)
    {
        var entry = frame.Enter(x_RD, pass);
        var queries = q.Apply(entry.Operand, pass);
        var attentionDropout = pass.DropoutMask(shape.Batch, shape.Heads, shape.Keys);
        var (context, weights) = pass.Operations.Attention(shape, Packed(queries, memory, shape), view, attentionDropout, pass.Training);
        var result = frame.Leave(entry, pass.Operand(context), pass);
        pass.Keep(queries, pass.Training ? memory : null, attentionDropout, weights);
        return result;
    }

    /// <summary>Turns the gradient of the result into that of x, in place, and adds the memory's; the memory is an operand.</summary>
    public void Backward(Tensor gradient_RD, Tensor memory, Tensor dmemory, AttentionShape shape, Pass pass)
    {
        using var own = pass.Restore();
        using var kept = pass.Restore();
        var (queries, projected) = (own[0], own[1]);
        using var dcontext = frame.LeaveBackward(gradient_RD, kept, pass);
        using var dqueries = empty_like(queries);
        var dprojected = empty_like(projected);
        pass.Operations.AttentionBackward(
            shape, Packed(queries, projected, shape), own.Optional(2), dcontext, own[3], Packed(dqueries, dprojected, shape), null);
        using (var operand = pass.Operand(dprojected))
        {
            kv.Matrix.BackOnto(dmemory, operand);
            kv.Matrix.Accumulate(operand, memory);
        }

        using var doperand = q.Backward(dqueries, kept[1], pass);
        frame.EnterBackward(doperand, gradient_RD, kept, pass);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        frame.Dispose();
        q.Dispose();
        kv.Dispose();
    }

    private static Projections Packed(Tensor queries, Tensor memory, AttentionShape shape) =>
        new(queries, 0, memory, 0, shape.Inner, shape.Keys, shape.Width, shape.Width);
}
