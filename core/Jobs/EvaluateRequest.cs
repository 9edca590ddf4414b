using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Evaluation.Breakdown;
using Orchestrator.Core.Knowledge.ClosedBook;

namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>evaluate</c>: a model's predictions for a file of examples, and their scores; or its loss on a corpus.</summary>
/// <remarks>
/// Its events: <c>progress</c> (stage predict, examples; or stage loss, samples); <c>notice</c> {sentence} where the file is a part of its data set; <c>resumed</c> {examples} where predictions were there;
/// <c>perplexity</c> {corpus, loss, perplexity, bits_per_byte, tokens, samples}; <c>score</c> {metric, value} for each;
/// <c>breakdown</c>, an <see cref="EvaluationBreakdown"/>;
/// <c>finished</c> {checkpoint, step, examples, truncated, predictions, seconds}.
/// </remarks>
public sealed record EvaluateRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "evaluate";

    /// <summary>A checkpoint's folder, a folder of them (then the newest), or a Hugging Face folder.</summary>
    public string Checkpoint { get; init; } = "";

    /// <summary>The file of examples (see <see cref="EvaluationExample"/>), or null for none.</summary>
    public string? Examples { get; init; }

    /// <summary>The published data set that the file is of, a name of <see cref="ClosedBookTask"/>; null: none, the file has inputs and targets.</summary>
    public string? Dataset { get; init; }

    /// <summary>What the model reads for an input, which stands where it has <c>{input}</c>.</summary>
    public string Template { get; init; } = "{input}";

    /// <summary>Names of metrics; empty: the usual ones.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>Whether the event <c>breakdown</c> tells which kinds of questions were answered right.</summary>
    public bool Breakdown { get; init; }

    /// <summary>Files of questions that were trained on, of the same data set; with them the breakdown tells what of a question was.</summary>
    public IReadOnlyList<string> Train { get; init; } = [];

    /// <summary>How predictions are generated.</summary>
    public GenerationOptions Generation { get; init; } = new();

    /// <summary>The first so many examples; null: all.</summary>
    public long? Limit { get; init; }

    /// <summary>Examples of a batch.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Tokens of an input at most, its end token included.</summary>
    public int MaxInputTokens { get; init; } = 512;

    /// <summary>Whether a longer input is cut, not refused.</summary>
    public bool Truncate { get; init; }

    /// <summary>The file of predictions, which an evaluation that was cut short goes on with; null: none.</summary>
    public string? Out { get; init; }

    /// <summary>A corpus on whose validation half the loss is measured; null: none.</summary>
    public string? PerplexityCorpus { get; init; }

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing or out of its range.</exception>
    public void Validate()
    {
        JobFields.Require(Checkpoint, "checkpoint", "name a checkpoint's folder.");
        if (Examples is null && PerplexityCorpus is null)
        {
            throw new BadInputException("task: nothing was named; name a file of examples with --task, or a corpus with --perplexity.");
        }

        if (!Template.Contains("{input}", StringComparison.Ordinal))
        {
            throw new BadInputException($"template: '{Template}' has no {{input}}; write it where the input belongs.");
        }

        if (Dataset is not null)
        {
            _ = ClosedBookTask.Named(Dataset);
        }

        foreach (var metric in Metrics)
        {
            _ = TextMetrics.Named(metric);
        }

        JobFields.Require(!Breakdown || Examples is not null, "breakdown: there are no questions to break down; name a file of examples with --task.");
        JobFields.Require(Train.Count == 0 || Breakdown, "train: it is for the breakdown; add --breakdown.");
        JobFields.Require(Limit is null or >= 1, $"limit: it was {Limit}; choose at least 1.");
        JobFields.Require(Batch is >= 1 and <= 65536, $"batch: it was {Batch}; choose from 1 to 65536.");
        JobFields.Require(MaxInputTokens >= 2, $"max_input: it was {MaxInputTokens}; choose at least 2 tokens.");
        Generation.Validate();
    }
}
