using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Generation;
using Orchestrator.Training.Optim;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: B = batch, L = input length, T = target length, R = rows (batch x length), D = width of the stream, V = vocabulary.

/// <summary>A T5, v1.0 or v1.1 (Raffel et al. 2019; Shazeer 2020), with Hugging Face's parameter names.</summary>
/// <remarks>
/// Forward and backward are written out, not recorded: a step is the two halves in sequence, weight gradients are added straight to
/// the flat buffer, and nothing is kept that the backward half does not read. Parameters are views of <see cref="Parameters"/>, so they do not
/// require gradients of TorchSharp. A tied embedding is one parameter, used twice. Not thread-safe.
/// </remarks>
public sealed class T5Model : nn.Module<Tensor, Tensor, Tensor>, ILanguageModel, IGenerativeModel
{
    private readonly Weight _embedding;
    private readonly Stack _encoder;
    private readonly Stack _decoder;
    private readonly OutputLayer _head;
    private readonly Operations _operations;
    private readonly Precision _precision;

    /// <summary>Creates a model whose weights are all zero: see <see cref="Initialise"/>, or copy a checkpoint's into <see cref="Parameters"/>.</summary>
    /// <param name="shape">The model's shapes.</param>
    /// <param name="device">Where it lives; null: the CPU.</param>
    /// <param name="precision">Number format of matrix products; everything else is fp32.</param>
    public T5Model(ResolvedModel shape, Device? device = null, Precision precision = Precision.Fp32)
        : this(shape, device, precision, operations: null)
    {
    }

    internal T5Model(ResolvedModel shape, Device? device, Precision precision, Operations? operations)
        : base(nameof(T5Model))
    {
        ArgumentNullException.ThrowIfNull(shape);
        Shape = shape;
        _precision = precision;
        Parameters = new FlatParameters(T5Parameters.Of(shape), device, precision);
        _operations = operations ?? Operations.For(Parameters.Device);
        _embedding = new Weight(Parameters, T5Parameters.Embedding);
        _encoder = new Stack(Parameters, "encoder", shape, decoder: false);
        _decoder = new Stack(Parameters, "decoder", shape, decoder: true);
        _head = new OutputLayer(Parameters, shape);
        foreach (var slice in Parameters.Slices)
        {
            var parameter = new Parameter(Parameters.WeightView(slice.Name), requires_grad: false);
            parameter.grad = Parameters.GradientView(slice.Name);
            register_parameter(slice.Name, parameter);
        }
    }

    /// <inheritdoc/>
    public ResolvedModel Shape { get; }

    /// <inheritdoc/>
    public FlatParameters Parameters { get; }

    /// <inheritdoc/>
    public unsafe void Initialise(long seed)
    {
        foreach (var slice in Parameters.Slices)
        {
            if (Parameters.Device.type == DeviceType.CPU)
            {
                WeightInitializer.Fill(Shape, slice.Name, slice.Shape, seed, Parameters.Weights + slice.Offset);
                continue;
            }

            using var values = empty(slice.Shape, ScalarType.Float32);
            WeightInitializer.Fill(Shape, slice.Name, slice.Shape, seed, TensorMemory.Start<float>(values));
            using var view = Parameters.WeightView(slice.Name);
            view.copy_(values);
        }
    }

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
        using var pass = NewPass(batch.Rows, _operations.RowWise);
        using var hidden = Forward(batch, pass, out var memory, out var ids);
        memory.Dispose();
        ids.Dispose();
        using var logits = _head.Logits(hidden, pass);
        return logits.view(batch.Rows, batch.TargetLength, Shape.Vocabulary);
    }

    /// <inheritdoc/>
    public LossSums ForwardBackward(TokenBatch batch, LossOptions loss, long dropoutSeed)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var pass = NewPass(batch.Rows, _operations, training: true, dropoutSeed);
        using var hidden = Forward(batch, pass, out var memory, out var ids);
        using (memory)
        using (ids)
        {
            using var gradient = _head.LossBackward(hidden, batch, loss, pass, out var sums);
            using var dmemory = zeros([memory.shape[0], memory.shape[1]], ScalarType.Float32, Parameters.Device);
            using (var ddecoder = _decoder.Backward(gradient, batch.TargetLength, memory, dmemory, pass))
            {
                _operations.EmbeddingBackward(ddecoder, ids, _embedding.Gradient);
            }

            using var dencoder = _encoder.Backward(dmemory, batch.InputLength, null, null, pass);
            using var inputIds = TensorMemory.Of(batch.Inputs, [batch.Inputs.Length], Parameters.Device);
            _operations.EmbeddingBackward(dencoder, inputIds, _embedding.Gradient);
            return sums;
        }
    }

    /// <inheritdoc/>
    public float[] TokenLosses(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var pass = NewPass(batch.Rows, _operations);
        using var hidden = Forward(batch, pass, out var memory, out var ids);
        memory.Dispose();
        ids.Dispose();
        return _head.TokenLosses(hidden, batch, pass);
    }

    /// <inheritdoc/>
    public IIncrementalDecoder StartDecoding(long[] inputs, int rows, long[]? inputMask = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        var batch = new TokenBatch(rows, inputs.Length / rows, 0, inputs, [], inputMask);
        using var pass = NewPass(rows, _operations.RowWise);
        var mask = Mask(batch);
        using var memory = pass.Operand(Encode(batch, mask, pass));
        return new T5Decoder(_embedding.Value, _decoder, _head, Shape, memory, mask, RowWisePass, rows);
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
            Parameters.Dispose();
        }

        base.Dispose(disposing);
    }

    private Pass NewPass(int rows, Operations operations, bool training = false, long dropoutSeed = 0)
    {
        Parameters.RefreshCompute();
        return new Pass(operations, Parameters.Device, _precision, rows, training, Shape.Dropout, dropoutSeed);
    }

    private Pass RowWisePass(int rows) => new(_operations.RowWise, Parameters.Device, _precision, rows, training: false, dropout: 0.0, dropoutSeed: 0);

    private Tensor? Mask(TokenBatch batch) =>
        batch.KeyMask() is { } mask ? TensorMemory.Of(mask, [batch.Rows, batch.InputLength], Parameters.Device) : null;

    private Tensor Encode(TokenBatch batch, Tensor? mask, Pass pass)
    {
        using var ids = TensorMemory.Of(batch.Inputs, [batch.Inputs.Length], Parameters.Device);
        return _encoder.Forward(_embedding.Value.index_select(0, ids), batch.InputLength, mask, null, null, pass);
    }

    /// <summary>The decoder's result [B x T, D], the encoder's as an operand, and the ids that the decoder was given.</summary>
    private Tensor Forward(TokenBatch batch, Pass pass, out Tensor memory, out Tensor decoderIds)
    {
        var mask = Mask(batch);
        memory = pass.Operand(Encode(batch, mask, pass));
        decoderIds = TensorMemory.Of(batch.ShiftedTargets(), [batch.Targets.Length], Parameters.Device);
        var embedded = _embedding.Value.index_select(0, decoderIds);
        var hidden = _decoder.Forward(embedded, batch.TargetLength, null, memory, mask, pass);
        mask?.Dispose();
        return hidden;
    }
}
