using System.ComponentModel;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>Makes the model of a family.</summary>
public static class LanguageModels
{
    /// <summary>A model whose weights are all zero.</summary>
    /// <param name="shape">The shapes.</param>
    /// <param name="device">Where it lives; null: the CPU.</param>
    /// <param name="precision">Number format of matrix products; everything else is fp32.</param>
    /// <param name="adaptation">What of it is trained; null: all.</param>
    public static ILanguageModel Create(ResolvedModel shape, Device? device = null, Precision precision = Precision.Fp32, Adaptation? adaptation = null) =>
        Create(shape, device, precision, operations: null, adaptation);

    /// <summary>Names and shapes of a model's weights, a tied embedding once.</summary>
    public static IReadOnlyList<ParameterShape> ParametersOf(ResolvedModel shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return shape.Family switch
        {
            ModelFamily.T5 => T5Parameters.Of(shape),
            ModelFamily.Gpt => GptParameters.Of(shape),
            ModelFamily.Bert => BertParameters.Of(shape),
            _ => throw new InvalidEnumArgumentException(nameof(shape), (int)shape.Family, typeof(ModelFamily)),
        };
    }

    /// <summary>Name of the tokens' embedding, [V, D].</summary>
    public static string EmbeddingOf(ResolvedModel shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return shape.Family switch
        {
            ModelFamily.T5 => T5Parameters.Embedding,
            ModelFamily.Gpt => GptNames.Of(shape).Embedding,
            _ => BertParameters.Embedding,
        };
    }

    /// <summary>Whether a weight is looked up by row: an embedding of tokens, positions or types, or a relative bias.</summary>
    internal static bool IsTable(ResolvedModel shape, string weight) =>
        weight == EmbeddingOf(shape)
        || weight is BertParameters.Positions or BertParameters.Types
        || (shape.Family == ModelFamily.Gpt && weight == GptNames.Of(shape).Positions)
        || weight.EndsWith("relative_attention_bias.weight", StringComparison.Ordinal);

    /// <summary>Whether a matrix is stored as [in, out], as GPT-2's are in its blocks.</summary>
    internal static bool IsTransposed(ResolvedModel shape, string weight) =>
        shape.Family == ModelFamily.Gpt && GptNames.Of(shape) is { Transposed: true } names && weight.StartsWith(names.Blocks, StringComparison.Ordinal);

    internal static ILanguageModel Create(
        ResolvedModel shape, Device? device, Precision precision, Operations? operations, Adaptation? adaptation = null)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return shape.Family switch
        {
            ModelFamily.T5 => new T5Model(shape, device, precision, operations, adaptation),
            ModelFamily.Gpt => new GptModel(shape, device, precision, operations, adaptation),
            ModelFamily.Bert => new BertModel(shape, device, precision, operations, adaptation),
            _ => throw new InvalidEnumArgumentException(nameof(shape), (int)shape.Family, typeof(ModelFamily)),
        };
    }
}
