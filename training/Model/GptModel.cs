using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Generation;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: B = batch, T = length, V = vocabulary.

/// <summary>A decoder alone: GPT-2 (Radford et al. 2019) with rotary positions, as in the knowledge studies (arXiv:2309.14316), or with learned ones.</summary>
/// <remarks>
/// In training it reads the targets one position later, after a 0, and predicts them; <see cref="forward"/> reads tokens as they are. Not thread-safe.
/// </remarks>
public sealed class GptModel : StackModel, IGenerativeModel
{
    /// <summary>Creates a model whose weights are all zero.</summary>
    /// <param name="shape">The model's shapes.</param>
    /// <param name="device">Where it lives; null: the CPU.</param>
    /// <param name="precision">Number format of matrix products; everything else is fp32.</param>
    public GptModel(ResolvedModel shape, Device? device = null, Precision precision = Precision.Fp32)
        : this(shape, device, precision, operations: null)
    {
    }

    internal GptModel(ResolvedModel shape, Device? device, Precision precision, Operations? operations, Adaptation? adaptation = null)
        : this(shape, new ModelCore(shape, GptParameters.Of(shape), device, precision, operations, adaptation))
    {
    }

    private GptModel(ResolvedModel shape, ModelCore core)
        : base(nameof(GptModel), shape, core, GptParts.Embedding(core.Parameters, shape), GptParts.Stack(core.Parameters, shape), GptParts.Head(core.Parameters, shape))
    {
    }

    /// <inheritdoc/>
    public bool ContinuesInputs => true;

    /// <summary>The logits [B, T, V] of the token after each position, without dropout; on the CPU in fp32, bit for bit those of <see cref="StartDecoding"/>.</summary>
    /// <param name="tokens">Token ids [B, T] as the decoder reads them, the start token included.</param>
    /// <exception cref="Core.BadInputException">There are more than the model can tell apart.</exception>
    public override Tensor forward(Tensor tokens) => Logits(tokens);

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
        return new GptDecoder(Core, Embedding, Stack, Head, Shape.Inner, [.. texts]);
    }

    private protected override (long[] Tokens, Sequence Sequence) Readable(TokenBatch batch) => batch.InputLength == 0
        ? (batch.ShiftedTargets(), Sequence.OfTargets(batch, Core.Device, positions: true))
        : throw new ArgumentException($"A decoder alone has no inputs, and the batch has {batch.InputLength} tokens of them a row.", nameof(batch));

    private protected override Sequence SequenceOf(long[] tokens, int rows) =>
        Sequence.OfTargets(new TokenBatch(rows, 0, tokens.Length / rows, [], tokens), Core.Device, positions: true);
}
