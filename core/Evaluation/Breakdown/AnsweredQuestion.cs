namespace Orchestrator.Core.Evaluation.Breakdown;

/// <summary>A question that was answered and judged by a metric.</summary>
/// <param name="Question">What was asked, without its prefix.</param>
/// <param name="Targets">The answers that are right, those of a set each by itself.</param>
/// <param name="IsRight">Whether the prediction is.</param>
/// <param name="Confidence">The prediction's probability, its end token included, in [0, 1].</param>
public sealed record AnsweredQuestion(string Question, IReadOnlyList<string> Targets, bool IsRight, double Confidence)
{
    /// <summary>The questions that count, of an evaluation's predictions.</summary>
    /// <param name="predictions">The predictions.</param>
    /// <param name="metric">What says which are right.</param>
    /// <param name="prefix">What stands before every question.</param>
    /// <exception cref="BadInputException">The metric knows degrees.</exception>
    public static IReadOnlyList<AnsweredQuestion> Of(IEnumerable<Prediction> predictions, TextMetric metric, string prefix)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(metric);
        ArgumentNullException.ThrowIfNull(prefix);
        var verdict = metric.Verdict
            ?? throw new BadInputException($"metric: {metric.Name} does not tell of each answer whether it is right; choose from {string.Join(", ", TextMetrics.Exacts)}.");
        return [.. from prediction in predictions
                   let right = verdict(prediction.Text, prediction.Targets)
                   where right is not null
                   let question = prediction.Input.StartsWith(prefix, StringComparison.Ordinal) ? prediction.Input[prefix.Length..] : prediction.Input
                   select new AnsweredQuestion(question, [.. prediction.Targets.SelectMany(AnswerSets.Answers)], right.Value, Math.Exp(Math.Min(0, prediction.LogProbability)))];
    }
}
