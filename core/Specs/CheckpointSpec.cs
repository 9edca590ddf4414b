namespace Orchestrator.Core.Specs;

/// <summary>When to save and what to keep.</summary>
public sealed record CheckpointSpec
{
    /// <summary>Save after every so many steps; 0: only at the end. The last step is always saved.</summary>
    [AllowedRange(0)]
    public long Every { get; init; } = 1000;

    /// <summary>How many of the newest to keep.</summary>
    [AllowedRange(1, 10000)]
    public int Keep { get; init; } = 3;
}

/// <summary>When to measure the validation loss and on how much.</summary>
public sealed record EvaluationSpec
{
    /// <summary>After every so many steps; 0: only at the end.</summary>
    [AllowedRange(0)]
    public long Every { get; init; }

    /// <summary>Microbatches of validation samples per measurement.</summary>
    [AllowedRange(1, 1000000)]
    public int Microbatches { get; init; } = 16;

    /// <summary>What decides which step is best: <c>loss</c>, or a metric of the answers to held-out examples of tasks, as in <c>orchestrator evaluate</c>.</summary>
    public string Metric { get; init; } = Loss;

    /// <summary>Examples that are answered per measurement, at most.</summary>
    [AllowedRange(1, 1000000)]
    public int Limit { get; init; } = 1000;

    /// <summary>The run ends after so many evaluations in a row that were no better than the best; 0: at its last step.</summary>
    [AllowedRange(0, 1000000)]
    public int Patience { get; init; }

    /// <summary>Whether the checkpoint of the best evaluation is written and kept; with <see cref="Patience"/> it always is.</summary>
    public bool KeepBest { get; init; }

    /// <summary>Questions that are asked while the run trains, each answer kept; null: none.</summary>
    public KnowledgeSpec? Knowledge { get; init; }

    /// <summary>The metric that is the validation loss.</summary>
    internal const string Loss = "loss";

    /// <summary>Whether the metric is the validation loss.</summary>
    public bool IsLoss => Metric == Loss;

    /// <summary>Whether the best evaluation's checkpoint is written and kept.</summary>
    public bool KeepsBest => KeepBest || Patience > 0;
}
