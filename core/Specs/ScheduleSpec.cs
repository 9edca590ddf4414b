namespace Orchestrator.Core.Specs;

/// <summary>The learning rate as a function of the step (1 for the first); formulas in docs/optimizers.md. t counts from 0: t = step - 1.</summary>
public sealed record ScheduleSpec
{
    /// <summary>The schedule's form.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.Rsqrt;

    /// <summary>Rsqrt: factor of 1/sqrt(max(t, warmup)); relative steps: factor of the relative step; the others: the rate before the decay.</summary>
    [AllowedRange(0)]
    public double Base { get; init; } = 1.0;

    /// <summary>Steps before the decay sets in; where there is a linear warm-up, its length.</summary>
    [AllowedRange(1)]
    public long WarmupSteps { get; init; } = 10_000;

    /// <summary>The step at which a linear or cosine decay ends; T5: 2^19.</summary>
    [AllowedRange(1)]
    public long DecaySteps { get; init; } = 524_288;

    /// <summary>Rsqrt with a linear decay: the share of decay_steps over which it falls.</summary>
    [AddedLater]
    [AllowedRange(0, 1, AboveLow = true)]
    public double DecayShare { get; init; } = 0.1;

    /// <summary>Where a linear or cosine decay ends and stays; the others never fall below it after the warm-up.</summary>
    [AddedLater]
    [AllowedRange(0)]
    public double Minimum { get; init; }
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

    /// <summary>base x min(1, t / warmup_steps) (Hugging Face's constant schedule with warm-up).</summary>
    ConstantLinearWarmup,

    /// <summary>base x t / warmup_steps, then a line from base to the minimum at decay_steps (Hugging Face's linear schedule with warm-up).</summary>
    Linear,

    /// <summary>base x t / warmup_steps, then half a cosine from base to the minimum at decay_steps (Loshchilov and Hutter 2017).</summary>
    Cosine,

    /// <summary>base x min(1e-2, 1 / sqrt(t + 1)) (relative_step of Hugging Face's Adafactor).</summary>
    RelativeStep,

    /// <summary>base x min(1e-6 (t + 1), 1 / sqrt(t + 1)) (its relative_step with warmup_init).</summary>
    RelativeStepWarmup,
}
