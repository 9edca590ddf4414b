using Orchestrator.Core.Knowledge.Facts;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>The run specs that the settings of a study of facts come to.</summary>
public static class FactStudySpecs
{
    /// <summary>The file of sentences and their spans, in a folder that <c>corpus spans</c> makes.</summary>
    private const string Sentences = "train.jsonl";

    /// <summary>The run that reads the articles.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="corpus">The corpus's folder.</param>
    public static RunSpec Pretrain(FactCell cell, string corpus)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return Reading(cell, cell.Settings.Pretrain, "pretrain", corpus, cell.Settings.Model, ObjectiveKind.SpanCorruption);
    }

    /// <summary>The run that reads on.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="corpus">The corpus's folder.</param>
    /// <param name="spans">The folder of its spans; null where none are needed.</param>
    /// <param name="start">The pre-trained checkpoint.</param>
    public static RunSpec Continue(FactCell cell, string corpus, string? spans, StudyStart start)
    {
        ArgumentNullException.ThrowIfNull(cell);
        var settings = cell.Settings.Continue;
        var model = StudySpecs.From(cell.Settings.Model, start);
        return cell.Settings.Salient switch
        {
            SalientForm.None => Reading(cell, settings, "continue", corpus, model, ObjectiveKind.SpanCorruption),
            SalientForm.Stop => throw new ArgumentException("The arm stops after pre-training.", nameof(cell)),
            SalientForm.Windows => Reading(cell, settings, "continue", corpus, model, ObjectiveKind.SalientSpans),
            _ => BySentence(cell, Path.Combine(spans ?? throw new ArgumentNullException(nameof(spans)), Sentences), corpus, model),
        };
    }

    /// <summary>The run that learns to answer.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="facts">The world's folder.</param>
    /// <param name="corpus">The corpus's folder.</param>
    /// <param name="start">The checkpoint that has read.</param>
    public static RunSpec Finetune(FactCell cell, string facts, string corpus, StudyStart start)
    {
        ArgumentNullException.ThrowIfNull(cell);
        var settings = cell.Settings.Finetune;
        return StudySpecs.Training(cell, settings, settings.Steps!.Value, "finetune") with
        {
            Data = new DataSpec
            {
                Vocabulary = Path.Combine(corpus, FactFiles.Vocabulary),
                InputLength = settings.InputLength,
                TargetLength = settings.TargetLength,
                Tasks =
                [
                    new TaskSpec
                    {
                        Name = StudySpecs.Questions,
                        Train = [Path.Combine(facts, FactFiles.TrainQuestions)],
                        Validation = settings.HeldOut > 0 ? [] : [Path.Combine(facts, FactFiles.TestQuestions)],
                        HeldOut = settings.HeldOut,
                    },
                ],
            },
            Model = StudySpecs.From(cell.Settings.Model, start) with { Dropout = settings.Dropout },
            Evaluation = settings.Evaluation,
        };
    }

    private static RunSpec Reading(FactCell cell, ReadingSettings settings, string what, string corpus, ModelSpec model, ObjectiveKind objective) =>
        StudySpecs.Training(cell, settings, settings.Steps!.Value, what) with
        {
            Data = new DataSpec { Corpus = corpus, InputLength = settings.InputLength, Order = settings.Order },
            Model = model,
            Objective = new ObjectiveSpec { Kind = objective, NoiseDensity = settings.NoiseDensity, MeanSpanLength = settings.MeanSpanLength },
        };

    private static RunSpec BySentence(FactCell cell, string sentences, string corpus, ModelSpec model)
    {
        var settings = cell.Settings.Continue;
        var spec = StudySpecs.Training(cell, settings, settings.Steps!.Value, "continue");
        return spec with
        {
            Data = new DataSpec
            {
                Vocabulary = Path.Combine(corpus, FactFiles.Vocabulary),
                InputLength = settings.SentenceLength,
                TargetLength = settings.TargetLength,
                Tasks = [new TaskSpec { Name = "salient", Train = [sentences], Validation = [sentences], Prefix = "nem: ", Input = "{text}", Spans = "spans" }],
            },
            Model = model,
            Batch = spec.Batch with { Microbatch = settings.Sentences ?? spec.Batch.Microbatch },
        };
    }
}
