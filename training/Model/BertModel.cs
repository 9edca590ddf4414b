using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

// Letters: B = batch, L = length, V = vocabulary.

/// <summary>An encoder alone that predicts masked tokens: BERT (Devlin et al. 2018), with learned or rotary positions.</summary>
/// <remarks>Every token is of type 0. Not thread-safe.</remarks>
public sealed class BertModel : StackModel
{
    /// <summary>Creates a model whose weights are all zero.</summary>
    /// <param name="shape">The model's shapes.</param>
    /// <param name="device">Where it lives; null: the CPU.</param>
    /// <param name="precision">Number format of matrix products; everything else is fp32.</param>
    public BertModel(ResolvedModel shape, Device? device = null, Precision precision = Precision.Fp32)
        : this(shape, device, precision, operations: null)
    {
    }

    internal BertModel(ResolvedModel shape, Device? device, Precision precision, Operations? operations, Adaptation? adaptation = null)
        : this(shape, new ModelCore(shape, BertParameters.Of(shape), device, precision, operations, adaptation))
    {
    }

    private BertModel(ResolvedModel shape, ModelCore core)
        : base(nameof(BertModel), shape, core, BertParts.Embedding(core.Parameters, shape), BertParts.Stack(core.Parameters, shape), BertParts.Head(core.Parameters, shape))
    {
    }

    /// <summary>The logits [B, L, V] of every position, without dropout.</summary>
    /// <param name="inputs">Token ids [B, L], padded with 0, which is not attended to.</param>
    /// <exception cref="Core.BadInputException">There are more than the model can tell apart.</exception>
    public override Tensor forward(Tensor inputs) => Logits(inputs);

    private protected override (long[] Tokens, Sequence Sequence) Readable(TokenBatch batch) => batch.InputLength == batch.TargetLength
        ? (batch.Inputs, Sequence.OfInputs(batch, Core.Device, positions: true))
        : throw new ArgumentException(
            $"An encoder alone predicts a target for every input, and a row has {batch.InputLength} inputs and {batch.TargetLength} targets.", nameof(batch));

    private protected override Sequence SequenceOf(long[] tokens, int rows) =>
        Sequence.OfInputs(new TokenBatch(rows, tokens.Length / rows, 0, tokens, []), Core.Device, positions: true);
}
