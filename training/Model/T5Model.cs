using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Generation;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: B = batch, L = input length, T = target length, R = rows (batch x length), D = width of the stream, V = vocabulary.

/// <summary>A T5, v1.0 or v1.1 (Raffel et al. 2019; Shazeer 2020), with Hugging Face's parameter names.</summary>
/// <remarks>
/// Forward and backward are written out, not recorded: a step is the two halves in sequence, weight gradients are added straight to
/// the flat buffer, and nothing is kept that the backward half does not read. Parameters are views of <see cref="Parameters"/>, so they do not
/// require gradients of TorchSharp. A tied embedding is one parameter, used twice. Not thread-safe.
/// </remarks>
public sealed class T5Model : nn.Module<Tensor, Tensor, Tensor>, ILanguageModel, IGenerativeModel, IReader
{
    private readonly ModelCore _core;
    private readonly Embedding _embedding;
    private readonly Stack _encoder;
    private readonly Stack _decoder;
    private readonly OutputLayer _head;

    /// <summary>Creates a model whose weights are all zero: see <see cref="Initialise"/>, or copy a checkpoint's into <see cref="Parameters"/>.</summary>
    /// <param name="shape">The model's shapes.</param>
    /// <param name="device">Where it lives; null: the CPU.</param>
    /// <param name="precision">Number format of matrix products; everything else is fp32.</param>
    public T5Model(ResolvedModel shape, Device? device = null, Precision precision = Precision.Fp32)
        : this(shape, device, precision, operations: null)
    {
    }

    internal T5Model(ResolvedModel shape, Device? device, Precision precision, Operations? operations, Adaptation? adaptation = null)
        : base(nameof(T5Model))
    {
        ArgumentNullException.ThrowIfNull(shape);
        Shape = shape;
        _core = new ModelCore(shape, T5Parameters.Of(shape), device, precision, operations, adaptation);
        _embedding = new Embedding(new Weight(Parameters, T5Parameters.Embedding));
        _encoder = T5Parts.Stack(Parameters, "encoder", shape, decoder: false);
        _decoder = T5Parts.Stack(Parameters, "decoder", shape, decoder: true);
        var output = new Linear(new Weight(Parameters, shape.TiedEmbeddings ? T5Parameters.Embedding : T5Parameters.Head));
        _head = new OutputLayer(output, shape.Vocabulary, shape.TiedEmbeddings ? (float)Math.Pow(shape.DModel, -0.5) : 1f);
        _core.Register(this);
    }

    /// <inheritdoc/>
    public ResolvedModel Shape { get; }

    /// <inheritdoc/>
    public FlatParameters Parameters => _core.Parameters;

    /// <inheritdoc/>
    public bool ContinuesInputs => false;

    /// <inheritdoc/>
    public void Initialise(long seed) => _core.Initialise(seed);

    /// <summary>The logits [B, T, V] of every target position, without dropout; on the CPU in fp32, bit for bit those of <see cref="StartDecoding"/>.</summary>
    /// <param name="inputs">Token ids [B, L], padded with 0, which is not attended to.</param>
    /// <param name="targets">Token ids [B, T]; position t sees those before t.</param>
    public override Tensor forward(Tensor inputs, Tensor targets)
    {
        using var inputsHere = inputs.cpu();
        using var targetsHere = targets.cpu();
        var batch = new TokenBatch(
            (int)inputs.shape[0], (int)inputs.shape[1], (int)targets.shape[1],
            TensorMemory.Values<long>(inputsHere).ToArray(), TensorMemory.Values<long>(targetsHere).ToArray());
        return Logits(batch);
    }

    /// <inheritdoc/>
    public LossSums ForwardBackward(TokenBatch batch, LossOptions loss, long dropoutSeed)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var pass = _core.NewPass(batch.Rows, training: true, dropoutSeed);
        using var state = Forward(batch, pass);
        var memory = state.Memory;
        using var gradient = _head.LossBackward(state.Hidden, batch, loss, pass, out var sums);
        using var dmemory = zeros([memory.shape[0], memory.shape[1]], ScalarType.Float32, _core.Device);
        using (var ddecoder = _decoder.Backward(gradient, state.Targets, memory, state.Inputs, dmemory, pass))
        {
            _embedding.Backward(ddecoder, state.TargetIds, null, pass);
        }

        using var dencoder = _encoder.Backward(dmemory, state.Inputs, null, null, null, pass);
        _embedding.Backward(dencoder, state.InputIds, null, pass);
        return sums;
    }

    /// <inheritdoc/>
    public float[] TokenLosses(TokenBatch batch, long[]? likeliest = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var pass = _core.NewPass(batch.Rows);
        using var state = Forward(batch, pass);
        return _head.TokenLosses(state.Hidden, batch, pass, likeliest);
    }

    /// <inheritdoc/>
    public IIncrementalDecoder StartDecoding(long[] inputs, int rows, long[]? inputMask = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        var batch = new TokenBatch(rows, inputs.Length / rows, 0, inputs, [], inputMask);
        using var pass = _core.NewPass(rows, operations: _core.Operations.RowWise);
        using var sequence = Sequence.OfInputs(batch, _core.Device, positions: false);
        using var ids = TensorMemory.Of(inputs, [inputs.Length], _core.Device);
        using var memory = Encode(ids, sequence, pass);
        return new T5Decoder(_embedding, _decoder, _head, Shape, memory, sequence.KeyMask?.clone(), _core.RowWisePass, rows);
    }

    /// <inheritdoc/>
    /// <remarks>The encoder's.</remarks>
    HiddenLayer IReader.Read(long[] tokens, int rows, bool training, long dropoutSeed)
    {
        var sequence = Sequence.OfInputs(new TokenBatch(rows, tokens.Length / rows, 0, tokens, []), _core.Device, positions: false);
        var ids = TensorMemory.Of(tokens, [tokens.Length], _core.Device);
        return new HiddenLayer(_embedding, _encoder, ids, sequence, _core.NewPass(rows, training, dropoutSeed));
    }

    /// <summary>As <see cref="forward"/>, with the batch's own mask.</summary>
    internal Tensor Logits(TokenBatch batch)
    {
        using var pass = _core.NewPass(batch.Rows, operations: _core.Operations.RowWise);
        using var state = Forward(batch, pass);
        using var logits = _head.Logits(state.Hidden, pass);
        return logits.view(batch.Rows, batch.TargetLength, Shape.Vocabulary);
    }

    /// <summary>The stream before each block and the result of each stack, copied: the encoder's, then the decoder's.</summary>
    internal IReadOnlyList<Tensor> HiddenStates(TokenBatch batch)
    {
        var states = new List<Tensor>();
        using var pass = _core.NewPass(batch.Rows, watch: state => states.Add(state.clone()));
        using var state = Forward(batch, pass);
        return states;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _embedding.Dispose();
            _encoder.Dispose();
            _decoder.Dispose();
            _head.Dispose();
            _core.Dispose();
        }

        base.Dispose(disposing);
    }

    private Tensor Encode(Tensor ids, Sequence inputs, Pass pass) =>
        pass.Operand(_encoder.Forward(_embedding.Forward(ids, null, pass), inputs, null, null, pass));

    private Computed Forward(TokenBatch batch, Pass pass)
    {
        var inputs = Sequence.OfInputs(batch, _core.Device, positions: false);
        var targets = Sequence.OfTargets(batch, _core.Device, positions: false);
        var inputIds = TensorMemory.Of(batch.Inputs, [batch.Inputs.Length], _core.Device);
        var targetIds = TensorMemory.Of(batch.ShiftedTargets(), [batch.Targets.Length], _core.Device);
        var memory = Encode(inputIds, inputs, pass);
        var hidden = _decoder.Forward(_embedding.Forward(targetIds, null, pass), targets, memory, inputs, pass);
        return new Computed(inputs, targets, inputIds, targetIds, memory, hidden);
    }

    /// <summary>What a forward half leaves: both sequences and the ids that were embedded, the encoder's result as an operand, the decoder's [B x T, D].</summary>
    private sealed record Computed(Sequence Inputs, Sequence Targets, Tensor InputIds, Tensor TargetIds, Tensor Memory, Tensor Hidden) : IDisposable
    {
        public void Dispose()
        {
            Inputs.Dispose();
            Targets.Dispose();
            InputIds.Dispose();
            TargetIds.Dispose();
            Memory.Dispose();
            Hidden.Dispose();
        }
    }
}
