using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>What pre-training and fine-tuning have in common: sections of a run spec.</summary>
public abstract record TrainingSettings
{
    /// <summary>Steps; null: as the other fields say.</summary>
    [AllowedRange(1)]
    public long? Steps { get; init; }

    /// <summary>How much a step consumes; its <c>steps</c> are left out.</summary>
    public BatchSpec Batch { get; init; } = new();

    /// <summary>The optimizer.</summary>
    public OptimizerSpec Optimizer { get; init; } = new();

    /// <summary>The learning rate; a decay ends with the last step.</summary>
    public ScheduleSpec Schedule { get; init; } = new();

    /// <summary>The loss.</summary>
    public LossSpec Loss { get; init; } = new() { ZLoss = 0 };

    /// <summary>Workers of one run, threads and precision.</summary>
    public WorkersSpec Workers { get; init; } = new() { Precision = Precision.Bf16 };

    /// <summary>When a run saves what it would lose if it were killed.</summary>
    [Incidental]
    public CheckpointSpec Checkpoint { get; init; } = new() { Every = 500, Keep = 1 };
}

/// <summary>Reading the biographies.</summary>
public sealed record PretrainSettings : TrainingSettings
{
    /// <summary>The paper's optimizer, schedule and batch.</summary>
    public PretrainSettings()
    {
        Batch = new BatchSpec { Microbatches = 8, Microbatch = 12 };
        Optimizer = new OptimizerSpec { Kind = OptimizerKind.Adamw, Epsilon = 1e-6, WeightDecay = 0.1 };
        Schedule = new ScheduleSpec { Kind = ScheduleKind.Cosine, Base = 1e-3, WarmupSteps = 1000, Minimum = 1e-4 };
    }

    /// <summary>How often a person is read of, over all of their biographies; a celebrity more often, in proportion to theirs. Null: as <c>steps</c> says.</summary>
    [AllowedRange(0, 1e9, AboveLow = true)]
    public double? Exposures { get; init; }

    /// <summary>Length of a window of biographies, tokens.</summary>
    [AllowedRange(8, 65536)]
    public int Window { get; init; } = 512;

    /// <summary>
    /// Mixed training: the share of the tokens that are questions about the trained half of the people, with their answers; biographies are the others, and read of as often as without. Null: no questions.
    /// </summary>
    [AddedLater]
    [AllowedRange(0, 1, AboveLow = true, BelowHigh = true)]
    public double? QaShare { get; init; }

    /// <summary>How often a person is read of where neither steps nor exposures are given.</summary>
    internal const double DefaultExposures = 540;
}

/// <summary>Learning to answer questions about one half of the people.</summary>
public sealed record FinetuneSettings : TrainingSettings
{
    /// <summary>The paper's optimizer, schedule and batch.</summary>
    public FinetuneSettings()
    {
        Batch = new BatchSpec { Microbatches = 1, Microbatch = 48 };
        Optimizer = new OptimizerSpec { Kind = OptimizerKind.Adamw, Epsilon = 1e-6, WeightDecay = 0.01 };
        Schedule = new ScheduleSpec { Kind = ScheduleKind.Cosine, Base = 3e-4, WarmupSteps = 1, Minimum = 3e-5 };
    }

    /// <summary>What is trained.</summary>
    public FinetuneKind Kind { get; init; } = FinetuneKind.Lora;

    /// <summary>Passes over the questions; null: as <c>steps</c> says.</summary>
    [AllowedRange(0, 1e6, AboveLow = true)]
    public double? Epochs { get; init; }

    /// <summary>The low-rank updates, where they are what is trained.</summary>
    public LoraSpec Lora { get; init; } = new() { Embeddings = 128 };

    /// <summary>Longest question, tokens, its end included.</summary>
    [AllowedRange(8, 65536)]
    public int InputLength { get; init; } = 64;

    /// <summary>Longest answer, tokens, its end included.</summary>
    [AllowedRange(2, 65536)]
    public int TargetLength { get; init; } = 32;

    /// <summary>Steps where neither steps nor epochs are given.</summary>
    internal const long DefaultSteps = 50_000;
}

/// <summary>What fine-tuning trains.</summary>
public enum FinetuneKind
{
    /// <summary>Low-rank updates.</summary>
    Lora,

    /// <summary>Every weight.</summary>
    Full,

    /// <summary>Nothing: the pre-trained model answers.</summary>
    None,
}
