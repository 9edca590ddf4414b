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
}
