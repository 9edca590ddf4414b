using System.ComponentModel;
using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Data.Objectives;

/// <summary>The objective that a spec names.</summary>
public static class ObjectiveFactory
{
    /// <summary>Makes the objective of a spec over a vocabulary.</summary>
    /// <exception cref="Core.BadInputException">It cannot be had at the spec's length.</exception>
    public static IObjective Create(RunSpec spec, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(tokenizer);
        var lengths = ObjectiveLengths.Of(spec);
        var objective = spec.Objective;
        return objective.Kind switch
        {
            ObjectiveKind.SpanCorruption =>
                new SpanCorruption(tokenizer.VocabularySize, lengths, objective.NoiseDensity, objective.MeanSpanLength),
            _ => throw new InvalidEnumArgumentException(nameof(spec), (int)objective.Kind, typeof(ObjectiveKind)),
        };
    }
}
