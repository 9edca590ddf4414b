namespace Orchestrator.Core.Data.Tasks;

/// <summary>What published files of questions and answers call the fields <c>input</c> and <c>target</c>.</summary>
/// <remarks><c>question</c> is NQ-open's and Anserini's TriviaQA's, <c>qText</c> WebQuestions', <c>answer</c> and <c>answers</c> theirs.</remarks>
internal static class UsualFields
{
    private static readonly string[] s_inputs = ["input", "question", "qText"];
    private static readonly string[] s_targets = ["targets", "target", "answers", "answer"];

    /// <summary>The columns of a file that names none: the input, and after it as many targets as there are.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["input", "target"];

    /// <summary>The names under which a template's field may stand, the first that is there counting.</summary>
    public static IReadOnlyList<string> Names(string field) => field switch
    {
        "input" => s_inputs,
        "target" => s_targets,
        _ => [field],
    };

    /// <summary>Whether a template's field is one of the two.</summary>
    public static bool Has(string field) => field is "input" or "target";

    /// <summary>Whether a name stands for targets.</summary>
    public static bool IsTarget(string name) => s_targets.Contains(name);

    /// <summary>Whether a line of a tab-separated file names columns: some stand for the input, some for targets.</summary>
    public static bool AreNamed(IReadOnlyList<string> cells) => cells.Any(s_inputs.Contains) && cells.Any(IsTarget);
}
