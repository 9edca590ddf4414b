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
            ObjectiveKind.PrefixLm => new PrefixLanguageModel(lengths),
            ObjectiveKind.CausalLm => new CausalLanguageModel(lengths),
            ObjectiveKind.MaskedLm =>
                new MaskedLanguageModel(lengths, tokenizer.PieceCount, objective.NoiseDensity, objective.WholeWords ? WordStarts(tokenizer) : null),
            ObjectiveKind.SalientSpans => new SalientSpans(lengths, SpanFinders.Of(tokenizer), tokenizer.Sentinel(0)),
            _ => throw new InvalidEnumArgumentException(nameof(spec), (int)objective.Kind, typeof(ObjectiveKind)),
        };
    }

    // SentencePiece marks the beginning of a word with a lower one-eighth block.
    private static bool[] WordStarts(Tokenizer tokenizer) =>
        [.. Enumerable.Range(0, tokenizer.PieceCount).Select(token => tokenizer.Piece(token).StartsWith('\u2581'))];
}
