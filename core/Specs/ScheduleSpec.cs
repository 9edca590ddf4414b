namespace Orchestrator.Core.Specs;

/// <summary>The learning rate as a function of the step (1 for the first).</summary>
public sealed record ScheduleSpec
{
    /// <summary>The schedule's form.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.Rsqrt;

    /// <summary>Rsqrt: factor of 1/sqrt(max(t, warmup)); normalised: the rate before the decay; constant: the rate itself.</summary>
    [AllowedRange(0)]
    public double Base { get; init; } = 1.0;

    /// <summary>Steps before the decay sets in.</summary>
    [AllowedRange(1)]
    public long WarmupSteps { get; init; } = 10_000;

    /// <summary>Rsqrt with a linear decay: the step at which the rate reaches zero (T5: 2^19).</summary>
    [AllowedRange(1)]
    public long DecaySteps { get; init; } = 524_288;
}

/// <summary>The schedules.</summary>
public enum ScheduleKind
{
    /// <summary>base / sqrt(max(t, warmup_steps)), T5's.</summary>
    Rsqrt,

    /// <summary>The same times min(1, t / warmup_steps), at least 1e-8 (T5X's linear warm-up).</summary>
    RsqrtLinearWarmup,

    /// <summary>base x sqrt(warmup_steps / max(t, warmup_steps)) (T5X's normalised decay).</summary>
    RsqrtNormalised,

    /// <summary>Rsqrt times a factor that falls from 1 to 0 over the last tenth of decay_steps (Mesh TensorFlow).</summary>
    RsqrtLinearDecay,

    /// <summary>base.</summary>
    Constant,
}

/// <summary>The loss.</summary>
public sealed record LossSpec
{
    /// <summary>Weight of log² Z (T5: 1e-4).</summary>
    [AllowedRange(0)]
    public double ZLoss { get; init; } = 1e-4;

    /// <summary>Share of the target that all other tokens have together (0.1 in Vaswani et al. 2017); a perfect model's loss stays 0, as in T5X.</summary>
    [AddedLater]
    [AllowedRange(0, 1, BelowHigh = true)]
    public double LabelSmoothing { get; init; }

    /// <summary>What the summed loss is divided by.</summary>
    public LossNormalisation Normalisation { get; init; } = LossNormalisation.Tokens;
}

/// <summary>What the summed loss of a global batch is divided by.</summary>
public enum LossNormalisation
{
    /// <summary>The number of target tokens that count.</summary>
    Tokens,

    /// <summary>Nothing.</summary>
    Sum,

    /// <summary>The size of the target tensor, padding included (Mesh TensorFlow).</summary>
    TargetSize,
}
