using System.ComponentModel;
using Orchestrator.Core.Data;

namespace Orchestrator.Core.Specs;

/// <summary>How long samples are, as a function of the spec alone: what counts samples and what makes them must agree.</summary>
public static class ObjectiveLengths
{
    /// <summary>Tokens of a salient span at most.</summary>
    public const int SalientSpan = 32;

    /// <summary>The lengths of a spec's samples.</summary>
    /// <exception cref="BadInputException">The objective cannot be had at that length; the message names the fields.</exception>
    public static SampleLengths Of(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var length = spec.Data.InputLength;
        return spec.Objective.Kind switch
        {
            ObjectiveKind.SpanCorruption => SpanCorruption(spec),
            ObjectiveKind.PrefixLm => new SampleLengths(length, spec.Model.Family == ModelFamily.Gpt ? 0 : length, length),
            ObjectiveKind.CausalLm => new SampleLengths(length, 0, length),
            ObjectiveKind.MaskedLm => new SampleLengths(length, length, length),
            // A sentinel for at least one token, and EOS; in the targets the sentinel, the span and EOS.
            ObjectiveKind.SalientSpans => new SampleLengths(length - 1, length, SalientSpan + 2),
            _ => throw new InvalidEnumArgumentException(nameof(spec), (int)spec.Objective.Kind, typeof(ObjectiveKind)),
        };
    }

    private static SampleLengths SpanCorruption(RunSpec spec)
    {
        try
        {
            var lengths = SpanLengths.For(spec.Data.InputLength, spec.Objective.NoiseDensity, spec.Objective.MeanSpanLength);
            return new SampleLengths(lengths.Raw, lengths.Inputs, lengths.Targets);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new BadInputException($"data.input_length and objective do not go together: {e.Message}", e);
        }
    }
}
