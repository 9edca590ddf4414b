namespace Orchestrator.Core.Specs;

/// <summary>A text-to-text task: files of examples and how one becomes an input and a target (Raffel et al. 2019, section 2.4).</summary>
public sealed record TaskSpec
{
    /// <summary>What the task is called; letters, digits, '.', '_' and '-', once in a spec. Left out, the data set's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Files to train on: <c>.tsv</c> (the first line names the columns), <c>.jsonl</c> (an object a line) or <c>.json</c> (an array of objects); any also packed, with <c>.gz</c> behind that.</summary>
    [Incidental]
    [FilePath]
    public SpecList<string> Train { get; init; } = [];

    /// <summary>Files to be measured on, in the same formats.</summary>
    [Incidental]
    [FilePath]
    public SpecList<string> Validation { get; init; } = [];

    /// <summary>Share of the training examples that is held out to be measured on, where there are no validation files.</summary>
    [AllowedRange(0, 1, BelowHigh = true)]
    public double HeldOut { get; init; }

    /// <summary>Names of the columns of <c>.tsv</c> files that have no line of names.</summary>
    public SpecList<string> Columns { get; init; } = [];

    /// <summary>Stands before every input, for example <c>nq question: </c>.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The input, fields in braces: <c>question: {question} context: {context}</c>. A brace itself is doubled.</summary>
    public string Input { get; init; } = "{input}";

    /// <summary>The target, likewise. Of a field with several values training takes the first, and measuring accepts any.</summary>
    public string Target { get; init; } = "{target}";

    /// <summary>The rate at which the task is drawn, in examples; null: as many as it has.</summary>
    [AllowedRange(0, 1e15, AboveLow = true)]
    public double? Rate { get; init; }

    /// <summary>The rate is multiplied by this, as where a data set stands in two benchmarks.</summary>
    [AllowedRange(0, 1e6, AboveLow = true)]
    public double Scale { get; init; } = 1;

    /// <summary>The rate is at most this; null: as <c>data.mixture.limit</c> has it.</summary>
    [AllowedRange(1, 1e15)]
    public double? Limit { get; init; }

    /// <summary>Whether examples that are too long are cut; else they are an error.</summary>
    public bool Truncate { get; init; }

    /// <summary>
    /// The field of salient spans, byte offsets <c>{"start": [...], "limit": [...]}</c> in the text of the one field that the input names: each span is an
    /// example, in the input <see cref="Mask"/> in its place, its text the target. Left out: each line is an example.
    /// </summary>
    [AddedLater]
    public string Spans { get; init; } = "";

    /// <summary>What stands in a span's place (Roberts et al. 2020).</summary>
    [AddedLater]
    public string Mask { get; init; } = "_X_";

    /// <summary>
    /// The published data set of closed-book questions that the files are of, for example <c>natural_questions_open</c>: it says how rows are read, what stands before
    /// them (unless <see cref="Prefix"/> does) and, without validation files or <see cref="HeldOut"/>, which rows are held out. Left out: none.
    /// </summary>
    [AddedLater]
    public string Dataset { get; init; } = "";
}

/// <summary>How often each task is drawn: min(examples x scale, limit) ^ (1 / temperature) (Raffel et al. 2019, section 3.5.2).</summary>
public sealed record MixtureSpec
{
    /// <summary>Whether rates follow the numbers of examples, or all are equal.</summary>
    public MixtureKind Kind { get; init; } = MixtureKind.Examples;

    /// <summary>T: 1 draws by rates, a higher one more evenly.</summary>
    [AllowedRange(1, 1e6)]
    public double Temperature { get; init; } = 1;

    /// <summary>K, the most that a task's rate counts; null: no limit.</summary>
    [AllowedRange(1, 1e15)]
    public double? Limit { get; init; }
}

/// <summary>What the tasks' rates follow.</summary>
public enum MixtureKind
{
    /// <summary>Numbers of examples.</summary>
    Examples,

    /// <summary>Nothing: each task is drawn as often as any other.</summary>
    Equal,
}
