using System.Text.RegularExpressions;

namespace Orchestrator.Core.Specs;

/// <summary>What must hold between the fields of an optimizer, and of a schedule.</summary>
internal static class OptimizerRules
{
    /// <summary>Adds the mistakes of a spec's optimizer and schedule.</summary>
    public static void Check(RunSpec spec, SpecBinder binder)
    {
        var optimizer = spec.Optimizer;
        var defaults = new OptimizerSpec();
        foreach (var field in SpecFields.Of(typeof(OptimizerSpec)))
        {
            var path = $"optimizer.{field.Key}";
            var changed = binder.IsGiven(path) && !Equals(field.Property.GetValue(optimizer), field.Property.GetValue(defaults));
            if (changed && field.Optimizers is { } kinds && !kinds.Contains(optimizer.Kind))
            {
                binder.Add(path, $"is a field of {string.Join(" and ", kinds.Select(kind => SpecFields.Word(kind)))}, and this optimizer is {SpecFields.Word(optimizer.Kind)}; leave it out");
            }
        }

        RequirePattern(optimizer.NoDecay, "optimizer.no_decay", binder);
        RequirePattern(optimizer.Unscaled, "optimizer.unscaled", binder);
        binder.Rule(
            optimizer.DecayRateExponent == 0 || optimizer.WeightDecay > 0,
            "needs optimizer.weight_decay above 0, for example 1; without it nothing decays",
            "optimizer.decay_rate_exponent", "optimizer.weight_decay");
        binder.Rule(
            optimizer.DecayRateExponent == 0 || optimizer.Rules != AdafactorRules.HuggingFace,
            "is T5X's, and Hugging Face's rules scale the decay by the learning rate already; leave it out",
            "optimizer.decay_rate_exponent", "optimizer.rules");
        CheckSchedule(spec, binder);
    }

    private static void CheckSchedule(RunSpec spec, SpecBinder binder)
    {
        var schedule = spec.Schedule;
        var falls = schedule.Kind is ScheduleKind.Linear or ScheduleKind.Cosine;
        var warms = falls || schedule.Kind is ScheduleKind.RsqrtLinearWarmup or ScheduleKind.ConstantLinearWarmup;
        binder.Rule(
            !warms || schedule.WarmupSteps <= spec.Batch.Steps,
            $"must be at most batch.steps, {spec.Batch.Steps}, where the rate warms up from zero, was {schedule.WarmupSteps}; shorten the warm-up",
            "schedule.warmup_steps", "schedule.kind", "batch.steps");
        binder.Rule(
            !falls || binder.IsGiven("schedule.decay_steps"),
            $"is missing; name the step at which the {SpecFields.Word(schedule.Kind)} decay ends, as a rule batch.steps, {spec.Batch.Steps}",
            "schedule.decay_steps", "schedule.kind");
        binder.Rule(
            !falls || schedule.DecaySteps > schedule.WarmupSteps,
            $"must be above schedule.warmup_steps, {schedule.WarmupSteps}, was {schedule.DecaySteps}",
            "schedule.decay_steps", "schedule.warmup_steps");
        binder.Rule(
            !(falls || schedule.Kind is ScheduleKind.Constant or ScheduleKind.ConstantLinearWarmup) || schedule.Minimum <= schedule.Base,
            $"must be at most schedule.base, {schedule.Base}, was {schedule.Minimum}",
            "schedule.minimum", "schedule.base");
    }

    private static void RequirePattern(string pattern, string path, SpecBinder binder)
    {
        try
        {
            _ = NamePattern.Of(pattern);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            binder.Add(path, $"must be a regular expression without look-around and back references, was \"{pattern}\"");
        }
    }
}

/// <summary>Regular expressions over tensor names.</summary>
public static class NamePattern
{
    /// <summary>The expression, in time linear in the name; null for the empty one, which matches nothing.</summary>
    /// <exception cref="ArgumentException">It is not a regular expression.</exception>
    /// <exception cref="NotSupportedException">It needs backtracking.</exception>
    public static Regex? Of(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return pattern.Length > 0 ? new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant) : null;
    }
}
