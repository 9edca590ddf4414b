using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Generation;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: B = batch, T = length, R = rows (batch x length), D = width of the stream, V = vocabulary.

/// <summary>A decoder alone: GPT-2 (Radford et al. 2019) with rotary positions, as in the knowledge studies (arXiv:2309.14316), or with learned ones.</summary>
/// <remarks>
/// In training it reads the targets one position later, after a 0, and predicts them; <see cref="forward"/> reads tokens as they are. Written out and
/// laid out as <see cref="T5Model"/>. Not thread-safe.
/// </remarks>
public sealed class GptModel : nn.Module<Tensor, Tensor>, ILanguageModel, IGenerativeModel
{
    private readonly ModelCore _core;
    private readonly Embedding _embedding;
    private readonly Stack _stack;
    private readonly OutputLayer _head;

    /// <summary>Creates a model whose weights are all zero.</summary>
    /// <param name="shape">The model's shapes.</param>
    /// <param name="device">Where it lives; null: the CPU.</param>
    /// <param name="precision">Number format of matrix products; everything else is fp32.</param>
    public GptModel(ResolvedModel shape, Device? device = null, Precision precision = Precision.Fp32)
        : this(shape, device, precision, operations: null)
    {
    }

    internal GptModel(ResolvedModel shape, Device? device, Precision precision, Operations? operations, Adaptation? adaptation = null)
        : base(nameof(GptModel))
    {
        ArgumentNullException.ThrowIfNull(shape);
        Shape = shape;
        _core = new ModelCore(shape, GptParameters.Of(shape), device, precision, operations, adaptation);
        _embedding = GptParts.Embedding(Parameters, shape);
        _stack = GptParts.Stack(Parameters, shape);
        _head = GptParts.Head(Parameters, shape);
        _core.Register(this);
    }

    /// <inheritdoc/>
    public ResolvedModel Shape { get; }

    /// <inheritdoc/>
    public FlatParameters Parameters => _core.Parameters;

    /// <inheritdoc/>
    public bool ContinuesInputs => true;

    /// <inheritdoc/>
    public void Initialise(long seed) => _core.Initialise(seed);

    /// <summary>The logits [B, T, V] of the token after each position, without dropout; on the CPU in fp32, bit for bit those of <see cref="StartDecoding"/>.</summary>
    /// <param name="tokens">Token ids [B, T] as the decoder reads them, the start token included.</param>
    /// <exception cref="Core.BadInputException">There are more than the model can tell apart.</exception>
    public override Tensor forward(Tensor tokens)
    {
        var (rows, length) = ((int)tokens.shape[0], (int)tokens.shape[1]);
        using var pass = _core.NewPass(rows, operations: _core.Operations.RowWise);
        using var ids = tokens.to(_core.Device).reshape(-1);
        using var sequence = Sequence.OfTargets(new TokenBatch(rows, 0, length, [], []), _core.Device, positions: true);
        using var hidden = Forward(ids, sequence, pass);
        using var logits = _head.Logits(hidden, pass);
        return logits.view(rows, length, Shape.Vocabulary);
    }

    /// <inheritdoc/>
    public LossSums ForwardBackward(TokenBatch batch, LossOptions loss, long dropoutSeed)
    {
        using var pass = _core.NewPass(Checked(batch).Rows, training: true, dropoutSeed);
        using var ids = Ids(batch);
        using var sequence = Sequence.OfTargets(batch, _core.Device, positions: true);
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
        using var sequence = Sequence.OfTargets(batch, _core.Device, positions: true);
        using var hidden = Forward(ids, sequence, pass);
        return _head.TokenLosses(hidden, batch, pass, likeliest);
    }

    /// <inheritdoc/>
    /// <remarks>The inputs are texts to continue.</remarks>
    public IIncrementalDecoder StartDecoding(long[] inputs, int rows, long[]? inputMask = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        var (length, mask) = (inputs.Length / rows, inputMask ?? inputs);
        var texts = Enumerable.Range(0, rows)
            .Select(row => Enumerable.Range(row * length, length).Where(place => mask[place] != 0).Select(place => inputs[place]).ToArray());
        Parameters.RefreshCompute();
        return new GptDecoder(_core, _embedding, _stack, _head, Shape.Inner, [.. texts]);
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
        return batch.InputLength == 0
            ? batch
            : throw new ArgumentException($"A decoder alone has no inputs, and the batch has {batch.InputLength} tokens of them a row.", nameof(batch));
    }

    private Tensor Ids(TokenBatch batch) => TensorMemory.Of(batch.ShiftedTargets(), [batch.Targets.Length], _core.Device);

    private Tensor Forward(Tensor ids, Sequence sequence, Pass pass)
    {
        _core.RequireLength(sequence.Length);
        return _stack.Forward(_embedding.Forward(ids, sequence.Positions, pass), sequence, null, null, pass);
    }
}
