using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>The sum of the embeddings of tokens, of positions and of token type 0, normalised in a BERT. Owns its parts.</summary>
/// <param name="tokens">[V, D].</param>
/// <param name="positions">[max length, D], or null.</param>
/// <param name="types">[types, D], or null.</param>
/// <param name="norm">What follows, or null.</param>
internal sealed class Embedding(Weight tokens, Weight? positions = null, Weight? types = null, Norm? norm = null) : IDisposable
{
    private readonly Tensor? _type = types?.Value.select(0, 0).DetachFromDisposeScope();
    private readonly Tensor? _typeGradient = types is { IsTrained: true } ? types.Gradient.select(0, 0).DetachFromDisposeScope() : null;

    /// <summary>The embeddings [R, D].</summary>
    public Tensor Forward(Tensor ids_R, Tensor? positions_R, Pass pass)
    {
        var sum = tokens.Rows(ids_R, pass);
        if (positions is not null)
        {
            using var rows = positions.Rows(positions_R!, pass);
            sum.add_(rows);
        }

        if (_type is not null)
        {
            pass.Operations.AddBias(sum, _type);
        }

        if (norm is null)
        {
            return sum;
        }

        var (result, statistics) = norm.Forward(sum, pass);
        pass.Keep(sum, statistics);
        return result;
    }

    /// <summary>Adds the weights' gradients; the gradient of the embeddings is used up.</summary>
    public void Backward(Tensor gradient_RD, Tensor ids_R, Tensor? positions_R, Pass pass)
    {
        if (norm is null)
        {
            Accumulate(gradient_RD, ids_R, positions_R, pass);
            return;
        }

        using var kept = pass.Restore();
        using var dsum = zeros_like(gradient_RD);
        norm.Backward(gradient_RD, kept[0], kept[1], dsum, pass);
        Accumulate(dsum, ids_R, positions_R, pass);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _type?.Dispose();
        _typeGradient?.Dispose();
        tokens.Dispose();
        positions?.Dispose();
        types?.Dispose();
        norm?.Dispose();
    }

    private void Accumulate(Tensor gradient_RD, Tensor ids_R, Tensor? positions_R, Pass pass)
    {
        tokens.AccumulateRows(gradient_RD, ids_R, pass);
        positions?.AccumulateRows(gradient_RD, positions_R!, pass);

        if (_typeGradient is not null)
        {
            pass.Operations.BiasBackward(gradient_RD, _typeGradient);
        }
    }
}
