using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: B = batch, L = length, R = rows (batch x length), D = width of the stream, V = vocabulary.

/// <summary>A model of one stack between an embedding and an output layer: a decoder alone or an encoder alone. Not thread-safe.</summary>
/// <remarks>Written out and laid out as <see cref="T5Model"/>.</remarks>
public abstract class StackModel : nn.Module<Tensor, Tensor>, ILanguageModel, IReader
{
    private protected StackModel(string name, ResolvedModel shape, ModelCore core, Embedding embedding, Stack stack, OutputLayer head)
        : base(name)
    {
        (Shape, Core, Embedding, Stack, Head) = (shape, core, embedding, stack, head);
        core.Register(this);
    }

    /// <inheritdoc/>
    public ResolvedModel Shape { get; }

    /// <inheritdoc/>
    public FlatParameters Parameters => Core.Parameters;

    /// <summary>Weights, and how they are computed with.</summary>
    private protected ModelCore Core { get; }

    /// <summary>What comes before the stack.</summary>
    private protected Embedding Embedding { get; }

    /// <summary>The blocks.</summary>
    private protected Stack Stack { get; }

    /// <summary>What comes after the stack.</summary>
    private protected OutputLayer Head { get; }

    /// <inheritdoc/>
    public void Initialise(long seed) => Core.Initialise(seed);

    /// <inheritdoc/>
    public LossSums ForwardBackward(TokenBatch batch, LossOptions loss, long dropoutSeed)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var layer = Read(batch, Core.NewPass(batch.Rows, training: true, dropoutSeed));
        using var gradient = Head.LossBackward(layer.Values_RD, batch, loss, layer.Pass, out var sums);
        layer.Backward(gradient);
        return sums;
    }

    /// <inheritdoc/>
    public float[] TokenLosses(TokenBatch batch, long[]? likeliest = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var layer = Read(batch, Core.NewPass(batch.Rows));
        return Head.TokenLosses(layer.Values_RD, batch, layer.Pass, likeliest);
    }

    /// <inheritdoc/>
    HiddenLayer IReader.Read(long[] tokens, int rows, bool training, long dropoutSeed) =>
        Read(tokens, SequenceOf(tokens, rows), Core.NewPass(rows, training, dropoutSeed));

    /// <summary>The logits [B, L, V] after each of the tokens [B, L] as the model reads them, without dropout and row by row.</summary>
    private protected Tensor Logits(Tensor tokens_BL)
    {
        using var here = tokens_BL.cpu();
        var (rows, length) = ((int)tokens_BL.shape[0], (int)tokens_BL.shape[1]);
        var ids = TensorMemory.Values<long>(here).ToArray();
        using var layer = Read(ids, SequenceOf(ids, rows), Core.NewPass(rows, operations: Core.Operations.RowWise));
        using var logits = Head.Logits(layer.Values_RD, layer.Pass);
        return logits.view(rows, length, Shape.Vocabulary);
    }

    /// <summary>What of a batch the stack reads: its tokens [B x L] and their places.</summary>
    /// <exception cref="ArgumentException">It is a batch for another family.</exception>
    private protected abstract (long[] Tokens, Sequence Sequence) Readable(TokenBatch batch);

    /// <summary>The places of tokens [B, L] that are read as they are.</summary>
    private protected abstract Sequence SequenceOf(long[] tokens, int rows);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Embedding.Dispose();
            Stack.Dispose();
            Head.Dispose();
            Core.Dispose();
        }

        base.Dispose(disposing);
    }

    private HiddenLayer Read(TokenBatch batch, Pass pass)
    {
        var (tokens, sequence) = Readable(batch);
        return Read(tokens, sequence, pass);
    }

    private HiddenLayer Read(long[] tokens, Sequence sequence, Pass pass)
    {
        Core.RequireLength(sequence.Length);
        return new HiddenLayer(Embedding, Stack, TensorMemory.Of(tokens, [tokens.Length], Core.Device), sequence, pass);
    }
}
