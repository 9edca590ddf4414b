using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: R = rows (batch x length), D = width of the stream, I = heads x head width.

/// <summary>The sublayer whose f is attention over the sequence itself. Owns its parts.</summary>
/// <param name="frame">Norm, residual and output layer.</param>
/// <param name="qkv">The projections, packed.</param>
/// <param name="layout">How they are packed.</param>
/// <param name="rotary">Turns queries and keys by their positions, or null.</param>
internal sealed class SelfAttention(ResidualFrame frame, Linear qkv, HeadLayout layout, Rotary? rotary = null) : IDisposable
{
    /// <summary>The sublayer's result; takes over <paramref name="x_RD"/>.</summary>
    public Tensor Forward(Tensor x_RD, AttentionShape shape, AttentionView view, Tensor? positions_R, Pass pass)
    {
        var entry = frame.Enter(x_RD, pass);
        var projected = Project(entry.Operand, positions_R, shape, pass);
        var attentionDropout = pass.DropoutMask(shape.Batch, shape.Heads, shape.Keys);
        var (context, weights) = pass.Operations.Attention(
            shape, layout.OverItself(projected, shape), view, attentionDropout, pass.Training);
        var result = frame.Leave(entry, pass.Operand(context), pass);
        pass.Keep(projected, attentionDropout, weights);
        return result;
    }

    /// <summary>Turns the gradient of the result into that of x, in place.</summary>
    public void Backward(Tensor gradient_RD, AttentionShape shape, Tensor? dbias, Tensor? positions_R, Pass pass)
    {
        using var own = pass.Restore();
        using var kept = pass.Restore();
        var projected = own[0];
        using var dcontext = frame.LeaveBackward(gradient_RD, kept, pass);
        using var dprojected = empty_like(projected);
        pass.Operations.AttentionBackward(
            shape, layout.OverItself(projected, shape), own.Optional(1), dcontext, own[2], layout.OverItself(dprojected, shape), dbias);
        rotary?.TurnBack(dprojected, positions_R!, layout, shape, pass);
        using var doperand = qkv.Backward(dprojected, kept[1], pass);
        frame.EnterBackward(doperand, gradient_RD, kept, pass);
    }

    /// <summary>The result for new positions of each row, over those before them in <paramref name="cache"/> as well.</summary>
    /// <param name="x_RD">The new positions' stream; taken over.</param>
    /// <param name="shape">Of the new queries over all positions so far.</param>
    /// <param name="view">What they see.</param>
    /// <param name="positions_R">The new positions, where they are known by rotation.</param>
    /// <param name="cache">Keys and values of all positions [B x capacity, 2I]; the new ones' are written.</param>
    /// <param name="places_R">The new ones' rows in it.</param>
    /// <param name="pass">A pass without backward half.</param>
    public Tensor Step(Tensor x_RD, AttentionShape shape, AttentionView view, Tensor? positions_R, Tensor cache, Tensor places_R, Pass pass)
    {
        var entry = frame.Enter(x_RD, pass);
        using var projected = Project(entry.Operand, positions_R, shape, pass);
        using (var fresh = layout.KeysAndValues(projected, shape))
        {
            cache.index_copy_(0, places_R, fresh);
        }

        var (context, _) = pass.Operations.Attention(shape, layout.OverKept(projected, cache, shape), view, null, keep: false);
        return frame.Leave(entry, pass.Operand(context), pass);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        frame.Dispose();
        qkv.Dispose();
    }

    private Tensor Project(Tensor operand, Tensor? positions_R, AttentionShape shape, Pass pass)
    {
        var projected = qkv.Apply(operand, pass);
        rotary?.Turn(projected, positions_R!, layout, shape, pass);
        return projected;
    }
}
