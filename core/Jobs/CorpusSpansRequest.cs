using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>corpus-spans</c>: writes a corpus's sentences with their salient spans, for a task with <see cref="TaskSpec.Spans"/>.</summary>
/// <remarks>
/// Its events: <c>progress</c> (stage train spans, validation spans; documents); <c>spans</c> {split, file, sentences, spans, plain, too_long} for each half.
/// </remarks>
public sealed record CorpusSpansRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "corpus-spans";

    /// <summary>The corpus folder.</summary>
    public string Corpus { get; init; } = "";

    /// <summary>The folder that is made: train.jsonl and validation.jsonl.</summary>
    public string Out { get; init; } = "";

    /// <summary>Tokens of a span at most; longer ones are no spans.</summary>
    public int LongestSpan { get; init; } = ObjectiveLengths.SalientSpan;

    /// <summary>Tokens of a sentence at most; longer ones are left out, and counted. A prefix and a mask still fit 512.</summary>
    public int LongestSentence { get; init; } = 480;

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing or out of its range.</exception>
    public void Validate()
    {
        JobFields.Require(Corpus, "corpus", "name a corpus folder.");
        JobFields.Require(Out, "out", "name the folder to make with --out.");
        if (LongestSpan < 1 || LongestSentence < 1)
        {
            throw new BadInputException($"longest_span, longest_sentence: they were {LongestSpan} and {LongestSentence}; choose at least 1 token.");
        }
    }
}
