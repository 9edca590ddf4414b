namespace Orchestrator.Core.Specs;

/// <summary>Questions that a run is asked again and again while it trains, so that it is known when it came to know, and to forget, each answer.</summary>
public sealed record KnowledgeSpec
{
    /// <summary>The file of questions: <c>.tsv</c>, <c>.jsonl</c> or <c>.json</c> with an input and a target, as tasks have them.</summary>
    [FilePath]
    public string Questions { get; init; } = "";

    /// <summary>The published data set of closed-book questions that the file is of, for example <c>natural_questions_open</c>; left out: none.</summary>
    public string Dataset { get; init; } = "";

    /// <summary>Stands before every input. Left out, the data set's.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The input, fields in braces, as a task has it.</summary>
    public string Input { get; init; } = "{input}";

    /// <summary>The target, likewise; any of several is right.</summary>
    public string Target { get; init; } = "{target}";

    /// <summary>What says whether an answer is right: a metric that knows right and wrong. Left out, the data set's first, else <c>squad</c>.</summary>
    public string Metric { get; init; } = UsualMetric;

    /// <summary>Asks after every so many steps; null: after those at which <c>checkpoint.every</c> saves. The last step is always asked after, and step 0 where the run starts from other weights.</summary>
    [AllowedRange(1)]
    public long? Every { get; init; }

    /// <summary>Asks the first so many questions; null: all.</summary>
    [AllowedRange(1)]
    public long? Limit { get; init; }

    /// <summary>The metric of questions that are of no data set.</summary>
    internal const string UsualMetric = "squad";

    /// <summary>Whether a run is asked after a step that is not its last.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="step">The step; 0: before the first.</param>
    public static bool IsDue(RunSpec spec, long step)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Evaluation.Knowledge is not { } knowledge || step >= spec.Batch.Steps)
        {
            return false;
        }

        var every = knowledge.Every ?? spec.Checkpoint.Every;
        return step == 0 ? spec.Model.StartFrom is { Length: > 0 } : every > 0 && step % every == 0;
    }
}
