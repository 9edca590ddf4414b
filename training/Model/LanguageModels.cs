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
    public static ILanguageModel Create(ResolvedModel shape, Device? device = null, Precision precision = Precision.Fp32) =>
        Create(shape, device, precision, operations: null);

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

    internal static ILanguageModel Create(ResolvedModel shape, Device? device, Precision precision, Operations? operations)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return shape.Family switch
        {
            ModelFamily.T5 => new T5Model(shape, device, precision, operations),
            ModelFamily.Gpt => new GptModel(shape, device, precision, operations),
            ModelFamily.Bert => new BertModel(shape, device, precision, operations),
            _ => throw new InvalidEnumArgumentException(nameof(shape), (int)shape.Family, typeof(ModelFamily)),
        };
    }
}
