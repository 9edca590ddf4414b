using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>What a cell's runs read.</summary>
/// <param name="Bios">The folder of people, biographies and questions.</param>
/// <param name="Corpus">The folder of the corpus.</param>
/// <param name="Vocabulary">The vocabulary's file.</param>
public sealed record BioStudyFiles(string Bios, string Corpus, string Vocabulary);

/// <summary>The run specs that a cell's settings come to.</summary>
public static class BioStudySpecs
{
    /// <summary>The run that reads the biographies.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="files">What it reads.</param>
    /// <param name="steps">Its steps, see <see cref="BioStudySteps"/>.</param>
    /// <param name="mixed">The questions that it reads beside them; null: none.</param>
    public static RunSpec Pretrain(BioCell cell, BioStudyFiles files, long steps, MixedQuestions? mixed = null)
    {
        var settings = cell.Settings.Pretrain;
        var spec = StudySpecs.Training(cell, settings, steps, "pretrain") with
        {
            Data = new DataSpec { Corpus = files.Corpus, InputLength = settings.Window, Order = DataOrder.Documents },
            Model = cell.Settings.Model,
        };
        spec = spec with { Objective = spec.Objective with { Kind = ObjectiveKind.CausalLm } };
        return mixed is null ? spec : spec with
        {
            Data = spec.Data with
            {
                CorpusRate = mixed.CorpusRate,
                Vocabulary = files.Vocabulary,
                TargetLength = cell.Settings.Finetune.TargetLength,
                Tasks = [AsTask(files)],
                Pack = true,
            },
            Batch = spec.Batch with { Microbatch = mixed.Microbatch },
        };
    }

    /// <summary>The questions as data of their own, whose tokens are counted for a mixture.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="files">What it reads.</param>
    public static RunSpec Asked(BioCell cell, BioStudyFiles files) => new()
    {
        Data = new DataSpec
        {
            Vocabulary = files.Vocabulary,
            InputLength = cell.Settings.Pretrain.Window,
            TargetLength = cell.Settings.Finetune.TargetLength,
            Tasks = [AsTask(files)],
        },
        Model = cell.Settings.Model,
    };

    /// <summary>The run that learns to answer.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="files">What it reads.</param>
    /// <param name="start">The pre-trained checkpoint.</param>
    /// <param name="steps">Its steps, see <see cref="BioStudySteps"/>.</param>
    public static RunSpec Finetune(BioCell cell, BioStudyFiles files, StudyStart start, long steps)
    {
        var settings = cell.Settings.Finetune;
        return StudySpecs.Training(cell, settings, steps, "finetune") with
        {
            Data = new DataSpec
            {
                Vocabulary = files.Vocabulary,
                InputLength = settings.InputLength,
                TargetLength = settings.TargetLength,
                Tasks = [AsTask(files)],
            },
            Model = StudySpecs.From(cell.Settings.Model, start) with { Lora = settings.Kind == FinetuneKind.Lora ? settings.Lora : null },
        };
    }

    private static TaskSpec AsTask(BioStudyFiles files) => new()
    {
        Name = StudySpecs.Questions,
        Train = [Path.Combine(files.Bios, BioFiles.TrainQuestions)],
        Validation = [Path.Combine(files.Bios, BioFiles.TestQuestions)],
    };
}
