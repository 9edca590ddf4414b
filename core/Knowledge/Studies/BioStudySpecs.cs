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
        var spec = StudySpecs.Training(cell, cell.Settings.Pretrain, steps, "pretrain");
        spec = spec with
        {
            Data = new DataSpec { Corpus = files.Corpus, InputLength = cell.Settings.Pretrain.Window, Order = DataOrder.Documents },
            Model = cell.Settings.Model,
            Objective = Objective(cell.Settings.Model.Family),
        };
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

    /// <summary>Tokens of biographies that a window takes: of a T5 more than the window has, since a sentinel stands there for a span.</summary>
    /// <param name="settings">The cell's settings.</param>
    /// <exception cref="BadInputException">The objective cannot be had at that length.</exception>
    public static int WindowTokens(BioStudySettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return ObjectiveLengths.Of(new RunSpec
        {
            Data = new DataSpec { InputLength = settings.Pretrain.Window },
            Model = settings.Model,
            Objective = Objective(settings.Model.Family),
        }).Raw;
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

    // Section 6 masks whole words, 15 % of the tokens.
    private static ObjectiveSpec Objective(ModelFamily family) => family switch
    {
        ModelFamily.T5 => new ObjectiveSpec { Kind = ObjectiveKind.SpanCorruption },
        ModelFamily.Bert => new ObjectiveSpec { Kind = ObjectiveKind.MaskedLm, WholeWords = true },
        _ => new ObjectiveSpec { Kind = ObjectiveKind.CausalLm },
    };

    private static TaskSpec AsTask(BioStudyFiles files) => new()
    {
        Name = StudySpecs.Questions,
        Train = [Path.Combine(files.Bios, BioFiles.TrainQuestions)],
        Validation = [Path.Combine(files.Bios, BioFiles.TestQuestions)],
    };
}
