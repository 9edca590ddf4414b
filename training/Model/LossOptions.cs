using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Model;

/// <summary>What a token's loss is beside its negative log-likelihood.</summary>
/// <param name="ZWeight">Weight of log² Z.</param>
/// <param name="LabelSmoothing">Share of the target that the other tokens of the vocabulary have together, in [0, 1).</param>
public readonly record struct LossOptions(double ZWeight = 0.0, double LabelSmoothing = 0.0)
{
    /// <summary>Those of a spec.</summary>
    public static LossOptions Of(LossSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new LossOptions(spec.ZLoss, spec.LabelSmoothing);
    }
}
