using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: R = rows (batch x length), D = width of the stream.

/// <summary>A stack's result for tokens that it has read, and the way back to its weights. Owns the pass and what it was made of.</summary>
internal sealed class HiddenLayer : IDisposable
{
    private readonly Embedding _embedding;
    private readonly Stack _stack;
    private readonly Tensor _ids_R;
    private readonly Sequence _sequence;

    /// <summary>Reads tokens.</summary>
    /// <param name="embedding">What embeds them; not owned.</param>
    /// <param name="stack">What reads the embeddings; not owned.</param>
    /// <param name="ids_R">The tokens; taken over.</param>
    /// <param name="sequence">Their places; taken over.</param>
    /// <param name="pass">The pass; taken over.</param>
    public HiddenLayer(Embedding embedding, Stack stack, Tensor ids_R, Sequence sequence, Pass pass)
    {
        (_embedding, _stack, _ids_R, _sequence, Pass) = (embedding, stack, ids_R, sequence, pass);
        Values_RD = stack.Forward(embedding.Forward(ids_R, sequence.Positions, pass), sequence, null, null, pass);
    }

    /// <summary>The values.</summary>
    public Tensor Values_RD { get; }

    /// <summary>The pass in which they were computed.</summary>
    public Pass Pass { get; }

    /// <summary>Adds the gradients of the weights that are trained; once, and in a pass that trains.</summary>
    /// <param name="gradient_RD">Gradient of the values. Overwritten.</param>
    public void Backward(Tensor gradient_RD)
    {
        using var dembedded = _stack.Backward(gradient_RD, _sequence, null, null, null, Pass);
        _embedding.Backward(dembedded, _ids_R, _sequence.Positions, Pass);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Values_RD.Dispose();
        _ids_R.Dispose();
        _sequence.Dispose();
        Pass.Dispose();
    }
}

/// <summary>A model as a reader of texts, whatever it makes of them: a decoder alone, an encoder alone, the encoder of a T5.</summary>
internal interface IReader
{
    /// <summary>The last hidden layer of tokens.</summary>
    /// <param name="tokens">[B, L] as the model reads them, row by row, padded with 0 at the end; a decoder's start token is among them.</param>
    /// <param name="rows">B.</param>
    /// <param name="training">Whether there is dropout, and a backward half follows.</param>
    /// <param name="dropoutSeed">Key of the dropout.</param>
    /// <exception cref="Core.BadInputException">A row is longer than the model can tell positions apart.</exception>
    HiddenLayer Read(long[] tokens, int rows, bool training = false, long dropoutSeed = 0);
}
