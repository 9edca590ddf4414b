using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>A study of closed-book questions about a world of facts.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Cells">The grid.</param>
public sealed record FactPlan(string Name, IReadOnlyList<FactCell> Cells) : StudyPlan(Name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<FactCell> Cells { get; } = Cells;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Scores => ["exact", "names and dates", "f1"];

    /// <inheritdoc/>
    public override StudyGraph Graph() => StudyGraph.Of(Cells, FactStages.Expand);
}

/// <summary>One arm with one size and one seed.</summary>
/// <param name="Arm">The arm's name.</param>
/// <param name="Model">The size's name.</param>
/// <param name="Seed">Seed of the weights and of every order.</param>
/// <param name="Settings">What is done.</param>
public sealed record FactCell(string Arm, string Model, int Seed, FactStudySettings Settings) : StudyCell(Arm, Model, Seed);

/// <summary>The stages of a study of facts, and the settings that the outcome of each depends on.</summary>
internal static class FactStages
{
    /// <summary>The stages of a cell, in order. Sizes share everything before pre-training, arms that too.</summary>
    public static IReadOnlyList<StudyStage> Expand(FactCell cell, StudyStages stages)
    {
        var settings = cell.Settings;
        var seed = FormattableString.Invariant($"seed={cell.Seed}\n");
        var facts = Job(StageKind.Generate, "world=facts\n" + SpecWriter.Arithmetic(settings.World));
        var corpus = Job(StageKind.Corpus, SpecWriter.Arithmetic(settings.Vocabulary), facts);
        var pretrain = Run(StageKind.Pretrain, seed + SpecWriter.Arithmetic(settings.Model) + SpecWriter.Arithmetic(settings.Pretrain), settings.Pretrain, corpus);
        List<StudyStage> all = [facts, corpus, pretrain];
        var read = pretrain;
        if (settings.Salient != SalientForm.Stop)
        {
            StudyStage[] taken = [pretrain, corpus];
            if (settings.Salient == SalientForm.Spans)
            {
                var spans = Job(StageKind.Spans, "", corpus);
                all.Add(spans);
                taken = [.. taken, spans];
            }

            read = Run(StageKind.Continue, seed + $"salient={SpecFields.Word(settings.Salient)}\n" + SpecWriter.Arithmetic(settings.Continue), settings.Continue, taken);
            all.Add(read);
        }

        var finetune = Run(StageKind.Finetune, seed + SpecWriter.Arithmetic(settings.Finetune), settings.Finetune, read, corpus, facts);
        return [.. all, finetune, Job(StageKind.Evaluate, SpecWriter.Arithmetic(settings.Evaluate), finetune, facts)];

        StudyStage Job(StageKind kind, string depends, params StudyStage[] inputs) => stages.Once(kind, cell, depends, workers: 1, inputs);

        StudyStage Run(StageKind kind, string depends, TrainingSettings training, params StudyStage[] inputs) =>
            stages.Once(kind, cell, depends, training.Workers.Max, inputs);
    }
}
