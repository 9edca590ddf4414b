using System.ComponentModel;
using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Optim;

/// <summary>The learning rate of a step.</summary>
public static class LearningRate
{
    /// <summary>Share of the steps over which a linear decay falls.</summary>
    private const double DecayShare = 0.1;

    /// <summary>T5X's floor of a rate that warms up from zero.</summary>
    private const double Floor = 1e-8;

    /// <summary>The rate of a step. The schedules count t from 0, as T5's code does: t = step - 1.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="step">1 for the first.</param>
    public static double At(ScheduleSpec schedule, long step)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        var t = step - 1;
        var rsqrt = schedule.Base / Math.Sqrt(Math.Max(t, schedule.WarmupSteps));
        return schedule.Kind switch
        {
            ScheduleKind.Rsqrt => rsqrt,
            ScheduleKind.RsqrtLinearWarmup => Math.Max(Floor, rsqrt * Math.Min(1.0, (double)t / schedule.WarmupSteps)),
            ScheduleKind.RsqrtNormalised => rsqrt * Math.Sqrt(schedule.WarmupSteps),
            ScheduleKind.RsqrtLinearDecay => rsqrt * Math.Clamp((schedule.DecaySteps - t) / (DecayShare * schedule.DecaySteps), 0.0, 1.0),
            ScheduleKind.Constant => schedule.Base,
            _ => throw new InvalidEnumArgumentException(nameof(schedule), (int)schedule.Kind, typeof(ScheduleKind)),
        };
    }
}
