using System.ComponentModel;
using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Optim;

/// <summary>The learning rate of a step.</summary>
public static class LearningRate
{
    /// <summary>T5X's floor of a rate that warms up from zero.</summary>
    private const double Floor = 1e-8;

    /// <summary>The rate of a step. The schedules count t from 0, as T5's and Hugging Face's code does: t = step - 1.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="step">1 for the first.</param>
    public static double At(ScheduleSpec schedule, long step)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        var t = step - 1;
        var warm = Math.Min(1.0, (double)t / schedule.WarmupSteps);
        var rsqrt = schedule.Base / Math.Sqrt(Math.Max(t, schedule.WarmupSteps));
        return schedule.Kind switch
        {
            ScheduleKind.Rsqrt => Math.Max(schedule.Minimum, rsqrt),
            ScheduleKind.RsqrtLinearWarmup => Math.Max(warm < 1.0 ? Floor : Math.Max(Floor, schedule.Minimum), rsqrt * warm),
            ScheduleKind.RsqrtNormalised => Math.Max(schedule.Minimum, rsqrt * Math.Sqrt(schedule.WarmupSteps)),
            ScheduleKind.RsqrtLinearDecay => Math.Max(
                schedule.Minimum, rsqrt * Math.Clamp((schedule.DecaySteps - t) / (schedule.DecayShare * schedule.DecaySteps), 0.0, 1.0)),
            ScheduleKind.Constant => schedule.Base,
            ScheduleKind.ConstantLinearWarmup => schedule.Base * warm,
            ScheduleKind.Linear => warm < 1.0 ? schedule.Base * warm : Between(schedule, 1.0 - Progress(schedule, t)),
            ScheduleKind.Cosine => warm < 1.0 ? schedule.Base * warm : Between(schedule, 0.5 * (1.0 + Math.Cos(Math.PI * Progress(schedule, t)))),
            ScheduleKind.RelativeStep => schedule.Base * Math.Min(1e-2, 1.0 / Math.Sqrt(step)),
            ScheduleKind.RelativeStepWarmup => schedule.Base * Math.Min(1e-6 * step, 1.0 / Math.Sqrt(step)),
            _ => throw new InvalidEnumArgumentException(nameof(schedule), (int)schedule.Kind, typeof(ScheduleKind)),
        };
    }

    private static double Progress(ScheduleSpec schedule, long t) =>
        Math.Min(1.0, (double)(t - schedule.WarmupSteps) / (schedule.DecaySteps - schedule.WarmupSteps));

    private static double Between(ScheduleSpec schedule, double share) => schedule.Minimum + ((schedule.Base - schedule.Minimum) * share);
}
