using Orchestrator.Core.Knowledge.ClosedBook;

namespace Orchestrator.Core.Evaluation.Breakdown;

/// <summary>What of a question was trained on: the question itself, its answer alone, or nothing.</summary>
/// <remarks>
/// Lewis, Stenetorp and Riedel 2020 (arXiv:2008.02637). An answer overlaps where one of its right answers, normalised as TriviaQA's, is one of a training question's. For question
/// overlap the paper had people judge; here two questions that share an answer are the same if they have the same words but <see cref="s_function"/>: fewer than people find.
/// </remarks>
public sealed class TrainingOverlap
{
    /// <summary>Values of <see cref="Of"/>, in the order of tables.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["question", "answer only", "none"];

    private static readonly HashSet<string> s_function =
    [
        "is", "are", "was", "were", "be", "been", "do", "does", "did", "has", "have", "had", "of", "in", "on", "at", "to", "for", "from", "by", "with", "as", "s", "that", "this", "there", "it",
        "and", "name",
    ];

    private readonly Dictionary<string, HashSet<string>> _questions = new(StringComparer.Ordinal);

    /// <summary>The overlap with these training questions.</summary>
    /// <param name="training">Questions, without their prefix, and the answers that are right.</param>
    public TrainingOverlap(IEnumerable<(string Question, IReadOnlyList<string> Answers)> training)
    {
        ArgumentNullException.ThrowIfNull(training);
        foreach (var (question, answers) in training)
        {
            var content = Content(question);
            foreach (var answer in answers.Select(AnswerText.TriviaQa).Where(answer => answer.Length > 0))
            {
                if (!_questions.TryGetValue(answer, out var questions))
                {
                    _questions.Add(answer, questions = new HashSet<string>(StringComparer.Ordinal));
                }

                questions.Add(content);
            }
        }
    }

    /// <summary>The overlap with the questions of files.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="dataset">The published data set that they are of; null: files of inputs and targets.</param>
    /// <returns>Null where no file is named.</returns>
    /// <exception cref="BadInputException">A file cannot be read, or has bad rows, which the message locates.</exception>
    public static TrainingOverlap? Read(IReadOnlyList<string> paths, ClosedBookTask? dataset)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return paths.Count == 0 ? null : new TrainingOverlap(paths
            .SelectMany(path => dataset is null ? EvaluationExample.Read(path, field: "train") : EvaluationExample.Read(path, dataset, field: "train").Examples)
            .Select(example => (example.Input, (IReadOnlyList<string>)[.. example.Targets.SelectMany(AnswerSets.Answers)])));
    }

    /// <summary>What of a question was trained on: one of <see cref="Kinds"/>.</summary>
    /// <param name="question">The question, without its prefix.</param>
    /// <param name="answers">The answers that are right.</param>
    public string Of(string question, IReadOnlyList<string> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        var content = Content(question);
        var shared = answers.Select(answer => _questions.GetValueOrDefault(AnswerText.TriviaQa(answer))).OfType<HashSet<string>>().ToArray();
        return Kinds[shared.Length == 0 ? 2 : shared.Any(questions => questions.Contains(content)) ? 0 : 1];
    }

    private static string Content(string question) =>
        string.Join(' ', PythonText.Split(AnswerText.TriviaQa(question)).Where(word => !s_function.Contains(word)).Distinct().Order(StringComparer.Ordinal));
}
