namespace Orchestrator.Core.Specs;

/// <summary>Everything a run is: one YAML file, validated in full. The arithmetic of a run is a function of this alone.</summary>
/// <remarks>Names in YAML are the snake_case of the properties' names. Defaults are those of T5 v1.1 where T5 has one.</remarks>
public sealed record RunSpec
{
    /// <summary>What people call the run; letters, digits, '.', '_' and '-'.</summary>
    [Incidental]
    public string Name { get; init; } = "run";

    /// <summary>Seed of everything random: initial weights, sample order, span corruption, dropout.</summary>
    [AllowedRange(0)]
    public long Seed { get; init; } = 1;

    /// <summary>The model.</summary>
    public ModelSpec Model { get; init; } = new();

    /// <summary>The corpus.</summary>
    public DataSpec Data { get; init; } = new();

    /// <summary>What the model learns from a sample.</summary>
    public ObjectiveSpec Objective { get; init; } = new();

    /// <summary>The optimizer.</summary>
    public OptimizerSpec Optimizer { get; init; } = new();

    /// <summary>The learning rate as a function of the step.</summary>
    public ScheduleSpec Schedule { get; init; } = new();

    /// <summary>The loss.</summary>
    public LossSpec Loss { get; init; } = new();

    /// <summary>How much a step consumes and how many steps there are.</summary>
    public BatchSpec Batch { get; init; } = new();

    /// <summary>How many workers, and how each computes.</summary>
    public WorkersSpec Workers { get; init; } = new();

    /// <summary>When to save and what to keep.</summary>
    [Incidental]
    public CheckpointSpec Checkpoint { get; init; } = new();

    /// <summary>When to measure the validation loss and on how much.</summary>
    [Incidental]
    public EvaluationSpec Evaluation { get; init; } = new();

    /// <summary>How often the computation is checked against another rank's.</summary>
    [Incidental]
    public VerifySpec Verify { get; init; } = new();
}
