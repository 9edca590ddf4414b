using System.Text.Json.Serialization;

namespace Orchestrator.Core.Evaluation;

/// <summary>What a run's evaluations have come to: part of its state after a step, so that nothing depends on who measured or how often.</summary>
/// <param name="Step">The last step that was measured; 0: none was.</param>
/// <param name="BestStep">The step with the best value, the first of equals; 0: none had a finite one.</param>
/// <param name="BestValue">Its value.</param>
/// <param name="SinceBest">Evaluations after the best one.</param>
public readonly record struct EvaluationRecord(long Step, long BestStep, double BestValue, long SinceBest)
{
    /// <summary>Whether the last step that was measured is the best.</summary>
    [JsonIgnore]
    public bool IsBest => Step > 0 && BestStep == Step;

    /// <summary>The record after one more evaluation. A step that was measured already changes nothing.</summary>
    /// <param name="step">The step that was measured.</param>
    /// <param name="value">What was found; no improvement where it is not finite.</param>
    /// <param name="higherIsBetter">Whether a higher value is better.</param>
    public EvaluationRecord After(long step, double value, bool higherIsBetter)
    {
        if (step <= Step)
        {
            return this;
        }

        var better = double.IsFinite(value) && (BestStep == 0 || (higherIsBetter ? value > BestValue : value < BestValue));
        return better ? new EvaluationRecord(step, step, value, 0) : this with { Step = step, SinceBest = SinceBest + 1 };
    }

    /// <summary>Whether a run has nothing more to hope for.</summary>
    /// <param name="patience">Evaluations without a better one that end it; 0: none do.</param>
    public bool Exhausts(int patience) => patience > 0 && SinceBest >= patience;
}
