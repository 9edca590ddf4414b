using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>A checkpoint that a run starts from.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="WeightsDigest">The digest of its weights.</param>
public sealed record StudyStart(string Folder, string WeightsDigest);

/// <summary>What run specs of every kind of study have in common.</summary>
internal static class StudySpecs
{
    /// <summary>The name of the task of questions.</summary>
    public const string Questions = "questions";

    /// <summary>A run spec without data and model.</summary>
    /// <param name="cell">The cell that it is for.</param>
    /// <param name="settings">How it trains.</param>
    /// <param name="steps">Its steps.</param>
    /// <param name="what">The end of its name.</param>
    public static RunSpec Training(StudyCell cell, TrainingSettings settings, long steps, string what) => new()
    {
        Name = $"{Short(cell.Arm)}-{Short(cell.Model)}-{cell.Seed}-{what}",
        Seed = cell.Seed,
        Optimizer = settings.Optimizer,
        Schedule = settings.Schedule with { DecaySteps = steps },
        Loss = settings.Loss,
        Batch = settings.Batch with { Steps = steps },
        Workers = settings.Workers,
        Checkpoint = settings.Checkpoint,
    };

    /// <summary>A model that starts from a checkpoint.</summary>
    public static ModelSpec From(ModelSpec model, StudyStart start) => model with { StartFrom = start.Folder, StartDigest = start.WeightsDigest };

    /// <summary>Adds what reading a spec finds wrong with it.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="binder">The plan's.</param>
    /// <param name="field">The plan's name of a spec's field.</param>
    public static void Check(RunSpec spec, SpecBinder binder, Func<string, string> field)
    {
        foreach (var error in SpecReader.Read(SpecWriter.Write(spec), "", folder: null).Errors)
        {
            binder.Add(field(error.Field), error.Problem.Replace("data.target_length", "finetune.target_length", StringComparison.Ordinal));
        }
    }

    /// <summary>Adds the mistake of a vocabulary's file that is not there.</summary>
    public static void CheckVocabulary(VocabularySettings vocabulary, SpecBinder binder) => binder.Rule(
        vocabulary.File.Length == 0 || System.IO.File.Exists(vocabulary.File),
        $"names {vocabulary.File}, which does not exist; name a spiece.model or leave it out",
        "vocabulary.file");

    // A run's name has at most 64 characters and no '+'.
    private static string Short(string name) => (name.Length > 20 ? name[..20] : name).Replace('+', '-');
}
