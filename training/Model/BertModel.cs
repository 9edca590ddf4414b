using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: B = batch, L = length, R = rows (batch x length), D = width of the stream, V = vocabulary.

/// <summary>An encoder alone that predicts masked tokens: BERT (Devlin et al. 2018), with learned or rotary positions.</summary>
/// <remarks>Every token is of type 0. Written out and laid out as <see cref="T5Model"/>. Not thread-safe.</remarks>
public sealed class BertModel : nn.Module<Tensor, Tensor>, ILanguageModel
{
    private readonly ModelCore _core;
    private readonly Embedding _embedding;
    private readonly Stack _stack;
    private readonly OutputLayer _head;

    /// <summary>Creates a model whose weights are all zero.</summary>
    /// <param name="shape">The model's shapes.</param>
    /// <param name="device">Where it lives; null: the CPU.</param>
    /// <param name="precision">Number format of matrix products; everything else is fp32.</param>
    public BertModel(ResolvedModel shape, Device? device = null, Precision precision = Precision.Fp32)
        : this(shape, device, precision, operations: null)
    {
    }

    internal BertModel(ResolvedModel shape, Device? device, Precision precision, Operations? operations, Adaptation? adaptation = null)
        : base(nameof(BertModel))
    {
        ArgumentNullException.ThrowIfNull(shape);
        Shape = shape;
        _core = new ModelCore(shape, BertParameters.Of(shape), device, precision, operations, adaptation);
        _embedding = BertParts.Embedding(Parameters, shape);
        _stack = BertParts.Stack(Parameters, shape);
        _head = BertParts.Head(Parameters, shape);
        _core.Register(this);
    }

    /// <inheritdoc/>
    public ResolvedModel Shape { get; }

    /// <inheritdoc/>
    public FlatParameters Parameters => _core.Parameters;

    /// <inheritdoc/>
    public void Initialise(long seed) => _core.Initialise(seed);

    /// <summary>The logits [B, L, V] of every position, without dropout.</summary>
    /// <param name="inputs">Token ids [B, L], padded with 0, which is not attended to.</param>
    /// <exception cref="Core.BadInputException">There are more than the model can tell apart.</exception>
    public override Tensor forward(Tensor inputs)
    {
        using var here = inputs.cpu();
        var (rows, length) = ((int)inputs.shape[0], (int)inputs.shape[1]);
        var batch = new TokenBatch(rows, length, length, TensorMemory.Values<long>(here).ToArray(), []);
        using var pass = _core.NewPass(rows, operations: _core.Operations.RowWise);
        using var ids = Ids(batch);
        using var sequence = Sequence.OfInputs(batch, _core.Device, positions: true);
        using var hidden = Forward(ids, sequence, pass);
        using var logits = _head.Logits(hidden, pass);
        return logits.view(rows, length, Shape.Vocabulary);
    }

    /// <inheritdoc/>
    public LossSums ForwardBackward(TokenBatch batch, LossOptions loss, long dropoutSeed)
    {
        using var pass = _core.NewPass(Checked(batch).Rows, training: true, dropoutSeed);
        using var ids = Ids(batch);
        using var sequence = Sequence.OfInputs(batch, _core.Device, positions: true);
        using var hidden = Forward(ids, sequence, pass);
        using var gradient = _head.LossBackward(hidden, batch, loss, pass, out var sums);
        using var dembedded = _stack.Backward(gradient, sequence, null, null, null, pass);
        _embedding.Backward(dembedded, ids, sequence.Positions, pass);
        return sums;
    }

    /// <inheritdoc/>
    public float[] TokenLosses(TokenBatch batch, long[]? likeliest = null)
    {
        using var pass = _core.NewPass(Checked(batch).Rows);
        using var ids = Ids(batch);
        using var sequence = Sequence.OfInputs(batch, _core.Device, positions: true);
        using var hidden = Forward(ids, sequence, pass);
        return _head.TokenLosses(hidden, batch, pass, likeliest);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _embedding.Dispose();
            _stack.Dispose();
            _head.Dispose();
            _core.Dispose();
        }

        base.Dispose(disposing);
    }

    private static TokenBatch Checked(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.InputLength == batch.TargetLength
            ? batch
            : throw new ArgumentException(
                $"An encoder alone predicts a target for every input, and a row has {batch.InputLength} inputs and {batch.TargetLength} targets.", nameof(batch));
    }

    private Tensor Ids(TokenBatch batch) => TensorMemory.Of(batch.Inputs, [batch.Inputs.Length], _core.Device);

    private Tensor Forward(Tensor ids, Sequence sequence, Pass pass)
    {
        _core.RequireLength(sequence.Length);
        return _stack.Forward(_embedding.Forward(ids, sequence.Positions, pass), sequence, null, null, pass);
    }
}
