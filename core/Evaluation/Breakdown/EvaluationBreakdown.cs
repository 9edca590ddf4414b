namespace Orchestrator.Core.Evaluation.Breakdown;

/// <summary>Questions of one kind.</summary>
/// <param name="Name">The kind.</param>
/// <param name="Questions">How many there are.</param>
/// <param name="Right">How many were answered right.</param>
public sealed record BreakdownRow(string Name, int Questions, int Right)
{
    /// <summary>Part that was answered right, in percent.</summary>
    public double Accuracy => 100.0 * Right / Questions;
}

/// <summary>Questions divided in one way.</summary>
/// <param name="Name">By what.</param>
/// <param name="Rows">The kinds that there are questions of, the most frequent first.</param>
public sealed record BreakdownTable(string Name, IReadOnlyList<BreakdownRow> Rows);

/// <summary>Which questions a model answers right, and whether its confidence tells.</summary>
/// <param name="Metric">What says which are right.</param>
/// <param name="All">All questions that count.</param>
/// <param name="Tables">By <c>question word</c>, <c>answer type</c>, <c>answer length</c> and, where training questions are known, <c>trained on</c>.</param>
/// <param name="Calibration">Confidence against accuracy.</param>
public sealed record EvaluationBreakdown(string Metric, BreakdownRow All, IReadOnlyList<BreakdownTable> Tables, Calibration Calibration)
{
    /// <summary>The metric of an evaluation's that tells of each answer whether it is right: the first, or SQuAD's exact match.</summary>
    /// <param name="metrics">Names of metrics.</param>
    public static TextMetric MetricOf(IEnumerable<string> metrics) => TextMetrics.Named(metrics.FirstOrDefault(TextMetrics.Exacts.Contains) ?? "squad");

    /// <summary>The breakdown of an evaluation.</summary>
    /// <param name="predictions">Its predictions.</param>
    /// <param name="metric">What says which are right.</param>
    /// <param name="prefix">What stands before every question.</param>
    /// <param name="training">What was trained on; null: not known.</param>
    /// <exception cref="BadInputException">The metric knows degrees, or no question counts.</exception>
    public static EvaluationBreakdown Of(IEnumerable<Prediction> predictions, TextMetric metric, string prefix, TrainingOverlap? training)
    {
        ArgumentNullException.ThrowIfNull(metric);
        var questions = AnsweredQuestion.Of(predictions, metric, prefix);
        if (questions.Count == 0)
        {
            throw new BadInputException($"metric: {metric.Name} counts none of the questions; choose another.");
        }

        var tables = new List<BreakdownTable>
        {
            Table("question word", questions, question => QuestionKind.Word(question.Question)),
            Table("answer type", questions, question => QuestionKind.Answer(question.Question, question.Targets[0])),
            Table("answer length", questions, question => QuestionKind.Length(question.Targets[0])),
        };
        if (training is not null)
        {
            tables.Add(Table("trained on", questions, question => training.Of(question.Question, question.Targets)));
        }

        return new EvaluationBreakdown(metric.Name, Row("all", questions), tables, Calibration.Of(questions));
    }

    private static BreakdownTable Table(string name, IReadOnlyList<AnsweredQuestion> questions, Func<AnsweredQuestion, string> kind) =>
        new(name, [.. questions.GroupBy(kind).Select(group => Row(group.Key, [.. group])).OrderByDescending(row => row.Questions).ThenBy(row => row.Name, StringComparer.Ordinal)]);

    private static BreakdownRow Row(string name, IReadOnlyList<AnsweredQuestion> questions) => new(name, questions.Count, questions.Count(question => question.IsRight));
}
