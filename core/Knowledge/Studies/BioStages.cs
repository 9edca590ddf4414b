using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>The stages of a study of biographies, and the settings that the outcome of each depends on.</summary>
internal static class BioStages
{
    /// <summary>The stages of a cell, in order.</summary>
    public static IReadOnlyList<StudyStage> Expand(BioCell cell, StudyStages stages)
    {
        var settings = cell.Settings;
        var seed = FormattableString.Invariant($"seed={cell.Seed}\n");
        var bios = Job(StageKind.Generate, $"variant={BioVariant.Parse(settings.Variant)}\n{seed}{SpecWriter.Arithmetic(settings.Population)}");
        var corpus = Job(StageKind.Corpus, SpecWriter.Arithmetic(settings.Vocabulary), bios);
        var mixed = settings.Pretrain.QaShare is null ? "" : FormattableString.Invariant($"target_length={settings.Finetune.TargetLength}\n");
        var pretrain = Run(StageKind.Pretrain, seed + SpecWriter.Arithmetic(settings.Model) + SpecWriter.Arithmetic(settings.Pretrain) + mixed, settings.Pretrain, corpus, bios);
        List<StudyStage> all = [bios, corpus, pretrain];
        StudyStage[] measured = [bios, corpus, pretrain];
        if (settings.Finetune.Kind != FinetuneKind.None)
        {
            var finetune = Run(StageKind.Finetune, seed + SpecWriter.Arithmetic(settings.Finetune), settings.Finetune, pretrain, corpus, bios);
            all.Add(finetune);
            measured = [.. measured, finetune];
        }

        all.Add(Job(StageKind.Measure, "", measured));
        // What a probe reads begins after the end of a document since 2.
        var probes = "probe 2\n" + seed + SpecWriter.Arithmetic(settings.Probes);
        if (settings.Probes.Position)
        {
            all.Add(Job(StageKind.PositionProbe, probes, pretrain, corpus, bios));
        }

        if (settings.Probes.Question)
        {
            all.Add(Job(StageKind.QuestionProbe, probes, pretrain, corpus, bios));
        }

        return all;

        StudyStage Job(StageKind kind, string depends, params StudyStage[] inputs) => stages.Once(kind, cell, depends, workers: 1, inputs);

        StudyStage Run(StageKind kind, string depends, TrainingSettings training, params StudyStage[] inputs) =>
            stages.Once(kind, cell, depends, training.Workers.Max, inputs);
    }
}
