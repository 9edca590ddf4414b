namespace Orchestrator.Core.Evaluation;

/// <summary>A task that people know by name: what stands before its inputs, and what its predictions are held against.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Title">Its full name.</param>
/// <param name="Prefix">What stands before every input.</param>
/// <param name="Metrics">The metrics that are published for it, the chief one first.</param>
/// <remarks>Closed-book question answering as in Roberts et al. 2020: google-research/google-research, t5_closed_book_qa/t5_cbqa/tasks.py.</remarks>
public sealed record EvaluationTask(string Name, string Title, string Prefix, IReadOnlyList<string> Metrics)
{
    /// <summary>The tasks there are.</summary>
    public static IReadOnlyList<EvaluationTask> All { get; } =
    [
        new("nq", "Natural Questions, open", "nq question: ", ["squad", "f1", "nq"]),
        new("wq", "WebQuestions", "wq question: ", ["squad", "f1"]),
        new("tqa", "TriviaQA", "trivia_qa question: ", ["trivia_qa", "trivia_qa_f1"]),
    ];

    /// <summary>The metrics of a task without a name.</summary>
    public static IReadOnlyList<string> UsualMetrics { get; } = ["accuracy", "exact_match", "squad", "f1", "rouge_l", "bleu"];

    /// <summary>The task of a name, or null.</summary>
    public static EvaluationTask? Find(string name) => All.FirstOrDefault(task => task.Name == name);
}
