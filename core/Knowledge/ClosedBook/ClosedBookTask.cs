using System.Text.Json;

namespace Orchestrator.Core.Knowledge.ClosedBook;

/// <summary>A task of closed-book question answering: a published data set, what stands before its questions, how it is divided and what it is measured by.</summary>
/// <remarks>
/// Roberts, Raffel and Shazeer 2020 (arXiv:2002.08910); google-research/google-research, t5_closed_book_qa/t5_cbqa/tasks.py. A task that is named
/// <c>…_test</c> is trained on the whole training split and measured on files that are named.
/// </remarks>
public sealed record ClosedBookTask
{
    private ClosedBookTask(string name, string alias, string title, string prefix, string[] metrics, ClosedBookRows rows, Func<JsonElement, ClosedBookQuestion?> read)
        => (Name, Alias, Title, Prefix, Metrics, Rows, Read) = (name, alias, title, prefix, metrics, rows, read);

    /// <summary>The tasks there are, without those on the whole training split.</summary>
    public static IReadOnlyList<ClosedBookTask> All { get; } =
    [
        new("natural_questions_open", "nq", "Natural Questions, open", "nq question: ", ["squad", "f1", "nq"],
            new ClosedBookRows(87_925, (0, 79_168), (79_168, 87_925), 3_610), row => ClosedBookQuestion.Read(row, ["question"], ["answer", "answers"])),
        new("web_questions_open", "wq", "WebQuestions", "wq question: ", ["squad", "f1"],
            new ClosedBookRows(3_778, (0, 3_417), (3_417, 3_778), 2_032), row => ClosedBookQuestion.Read(row, ["qText", "utterance", "question"], ["answers", "targetValue", "answer"])),
        new("trivia_qa_open", "tqa", "TriviaQA", "trivia_qa question: ", ["trivia_qa", "trivia_qa_f1"],
            new ClosedBookRows(87_622, (0, 78_785), (78_785, 87_622), 11_313), row => ClosedBookQuestion.Read(row, ["Question", "question"], ["Answer", "answer"])),
        new("natural_questions_nocontext", "nq_nocontext", "Natural Questions, every answer of each annotator", "nq question: ", ["nq_recall", "nq_recall_single"],
            new ClosedBookRows(307_373, (7_830, 79_168), (0, 7_830), 7_830), AnnotatedQuestion.Read) { IsAnnotated = true },
    ];

    /// <summary>The names under which tasks are known, aliases and those on the whole training split among them.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.SelectMany(task => new[] { task.Name, task.Alias, task.Name + WholeSuffix })];

    /// <summary>Ends the name of a task that is trained on the whole training split.</summary>
    public const string WholeSuffix = "_test";

    /// <summary>What the task is called.</summary>
    public string Name { get; private init; }

    /// <summary>A short name.</summary>
    public string Alias { get; }

    /// <summary>The data set's name, for people.</summary>
    public string Title { get; }

    /// <summary>What stands before every question.</summary>
    public string Prefix { get; }

    /// <summary>The metrics that are published for it, the chief one first.</summary>
    public IReadOnlyList<string> Metrics { get; }

    /// <summary>How many rows are published, and how they are divided.</summary>
    public ClosedBookRows Rows { get; }

    /// <summary>Whether targets are annotators' sets of answers; rows without any answer are then left out.</summary>
    public bool IsAnnotated { get; private init; }

    /// <summary>Whether the task is trained on the whole training split.</summary>
    public bool TrainsOnAll { get; private init; }

    /// <summary>Reads a row of the data set; null: it has no answer and is left out.</summary>
    /// <remarks>Throws <see cref="FormatException"/>, its message a clause, where the row is none.</remarks>
    public Func<JsonElement, ClosedBookQuestion?> Read { get; }

    /// <summary>The task of a name or an alias, or null.</summary>
    public static ClosedBookTask? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.FirstOrDefault(task => task.Name == name || task.Alias == name)
            ?? (name.EndsWith(WholeSuffix, StringComparison.Ordinal) && All.FirstOrDefault(task => task.Name + WholeSuffix == name) is { } whole
                ? whole with { Name = name, TrainsOnAll = true }
                : null);
    }

    /// <summary>The task of a name or an alias.</summary>
    /// <exception cref="BadInputException">There is none; the message names those that there are.</exception>
    public static ClosedBookTask Named(string name) =>
        Find(name) ?? throw new BadInputException($"dataset: there is none named '{name}'; choose from {string.Join(", ", Names)}.");
}
