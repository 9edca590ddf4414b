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

    /// <summary>Expands a plan.</summary>
    public static StudyGraph Of(StudyPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var known = new Dictionary<string, StudyStage>(StringComparer.Ordinal);
        var ordered = new List<StudyStage>();
        var ofCell = new Dictionary<string, IReadOnlyList<StudyStage>>(StringComparer.Ordinal);
        foreach (var cell in plan.Cells)
        {
            ofCell.Add(cell.Name, Expand(cell, Once));
        }

        return new StudyGraph(ordered, ofCell);

        StudyStage Once(StageKind kind, StudyCell cell, params StudyStage[] inputs)
        {
            var digest = StudyDigest.Of(kind, cell, inputs);
            if (!known.TryGetValue(digest, out var stage))
            {
                stage = new StudyStage(kind, digest, cell, inputs);
                known.Add(digest, stage);
                ordered.Add(stage);
            }

            return stage;
        }
    }

    /// <summary>What can begin now, in the order in which it should.</summary>
    /// <param name="done">Stages that have ended well.</param>
    /// <param name="begun">Stages that are at work or have failed.</param>
    public IEnumerable<StudyStage> Ready(IReadOnlySet<StudyStage> done, IReadOnlySet<StudyStage> begun) =>
        Stages.Where(stage => !done.Contains(stage) && !begun.Contains(stage) && stage.Inputs.All(done.Contains));

    private delegate StudyStage Maker(StageKind kind, StudyCell cell, params StudyStage[] inputs);

    private static List<StudyStage> Expand(StudyCell cell, Maker once)
    {
        var settings = cell.Settings;
        var bios = once(StageKind.Generate, cell);
        var corpus = once(StageKind.Corpus, cell, bios);
        var pretrain = once(StageKind.Pretrain, cell, corpus, bios);
        List<StudyStage> stages = [bios, corpus, pretrain];
        StudyStage[] measured = [bios, corpus, pretrain];
        if (settings.Finetune.Kind != FinetuneKind.None)
        {
            var finetune = once(StageKind.Finetune, cell, pretrain, corpus, bios);
            stages.Add(finetune);
            measured = [.. measured, finetune];
        }

        stages.Add(once(StageKind.Measure, cell, measured));
        if (settings.Probes.Position)
        {
            stages.Add(once(StageKind.PositionProbe, cell, pretrain, corpus, bios));
        }

        if (settings.Probes.Question)
        {
            stages.Add(once(StageKind.QuestionProbe, cell, pretrain, corpus, bios));
        }

        return stages;
    }
}
