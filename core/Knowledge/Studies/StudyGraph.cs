namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>All of a study's work.</summary>
public sealed class StudyGraph
{
    private readonly Dictionary<string, IReadOnlyList<StudyStage>> _ofCell;

    private StudyGraph(IReadOnlyList<StudyStage> stages, Dictionary<string, IReadOnlyList<StudyStage>> ofCell) => (Stages, _ofCell) = (stages, ofCell);

    /// <summary>Each stage once, after those that it takes from; those of the first cell first.</summary>
    public IReadOnlyList<StudyStage> Stages { get; }

    /// <summary>The stages that a cell's result is made of.</summary>
    public IReadOnlyList<StudyStage> Of(StudyCell cell) => _ofCell[cell.Name];

    /// <summary>Expands a grid.</summary>
    /// <param name="cells">Its cells.</param>
    /// <param name="expand">The stages of one, each made by the maker it is given, after those that it takes from.</param>
    public static StudyGraph Of<TCell>(IEnumerable<TCell> cells, Func<TCell, StudyStages, IReadOnlyList<StudyStage>> expand)
        where TCell : StudyCell
    {
        ArgumentNullException.ThrowIfNull(cells);
        ArgumentNullException.ThrowIfNull(expand);
        var stages = new StudyStages();
        var ofCell = cells.ToDictionary(cell => cell.Name, cell => expand(cell, stages), StringComparer.Ordinal);
        return new StudyGraph(stages.All, ofCell);
    }

    /// <summary>What can begin now, in the order in which it should.</summary>
    /// <param name="done">Stages that have ended well.</param>
    /// <param name="begun">Stages that are at work or have failed.</param>
    public IEnumerable<StudyStage> Ready(IReadOnlySet<StudyStage> done, IReadOnlySet<StudyStage> begun) =>
        Stages.Where(stage => !done.Contains(stage) && !begun.Contains(stage) && stage.Inputs.All(done.Contains));
}

/// <summary>The stages of a graph that is being made: one of each digest.</summary>
public sealed class StudyStages
{
    private readonly Dictionary<string, StudyStage> _known = new(StringComparer.Ordinal);
    private readonly List<StudyStage> _ordered = [];

    internal StudyStages()
    {
    }

    internal IReadOnlyList<StudyStage> All => _ordered;

    /// <summary>A stage, or the one of the same digest that is there already.</summary>
    /// <param name="kind">What it does.</param>
    /// <param name="cell">For which cell.</param>
    /// <param name="settings">A text of all settings that its outcome depends on.</param>
    /// <param name="workers">Workers that a run has at most; 1 of anything else.</param>
    /// <param name="inputs">What it takes from.</param>
    internal StudyStage Once(StageKind kind, StudyCell cell, string settings, int workers, params StudyStage[] inputs)
    {
        var digest = StudyDigest.Of(kind, settings, inputs);
        if (!_known.TryGetValue(digest, out var stage))
        {
            stage = new StudyStage(kind, digest, cell, workers, inputs);
            _known.Add(digest, stage);
            _ordered.Add(stage);
        }

        return stage;
    }
}
