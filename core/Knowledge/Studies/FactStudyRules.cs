using Orchestrator.Core.Knowledge.Facts;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>What must hold between the settings of a cell of a study of facts.</summary>
internal static class FactStudyRules
{
    /// <summary>Adds the mistakes of a cell's settings. What a run spec forbids is found by reading the specs that the settings come to.</summary>
    public static void Check(FactStudySettings settings, SpecBinder binder)
    {
        CheckWorld(settings.World, binder);
        StudySpecs.CheckVocabulary(settings.Vocabulary, binder);
        binder.Rule(settings.Model.Family == ModelFamily.T5, $"must be t5, was {SpecFields.Word(settings.Model.Family)}: the others have no span corruption", "model.family", "model.preset");
        binder.Rule(
            settings.Model.StartFrom is null && settings.Model.Lora is null,
            "is left out: a study's models begin with the weights of their seed",
            "model.start_from", "model.lora");
        foreach (var (section, training) in new (string, TrainingSettings)[] { ("pretrain", settings.Pretrain), ("continue", settings.Continue), ("finetune", settings.Finetune) })
        {
            binder.Rule(!binder.IsGiven($"{section}.batch.steps"), $"is left out; name {section}.steps", $"{section}.batch.steps");
            binder.Rule(!binder.IsGiven($"{section}.schedule.decay_steps"), "is left out: the decay ends with the last step", $"{section}.schedule.decay_steps");
            binder.Rule(training.Steps is not null, "is missing; say how many", $"{section}.steps");
        }

        binder.Rule(
            !settings.Finetune.Evaluation.KeepsBest || settings.Finetune.HeldOut > 0,
            "is 0 and finetune.evaluation.keep_best has nothing to choose by; hold out a share such as 0.1, or take the last checkpoint with keep_best: false",
            "finetune.held_out", "finetune.evaluation.keep_best");
        if (binder.Errors.Count == 0)
        {
            CheckRuns(settings, binder);
        }
    }

    private static void CheckWorld(WorldSettings world, SpecBinder binder)
    {
        try
        {
            _ = new FactWorld(world.Seed, world.People, world.Places);
        }
        catch (BadInputException e)
        {
            var (option, problem) = e.Message.Split(' ', 2) is [['-', '-', .. var name], var rest] ? (name, rest) : ("", e.Message);
            binder.Add($"world.{option}".TrimEnd('.'), problem.TrimEnd('.'));
        }
    }

    private static void CheckRuns(FactStudySettings settings, SpecBinder binder)
    {
        var cell = new FactCell("arm", "model", 1, settings);
        var start = new StudyStart("checkpoint", new string('0', 16));
        StudySpecs.Check(FactStudySpecs.Pretrain(cell, "corpus"), binder, field => Named("pretrain", field));
        if (settings.Salient != SalientForm.Stop)
        {
            StudySpecs.Check(FactStudySpecs.Continue(cell, "corpus", "spans", start), binder, field => Named("continue", field));
        }

        StudySpecs.Check(FactStudySpecs.Finetune(cell, "facts", "corpus", start), binder, field => Named("finetune", field));
    }

    private static string Named(string section, string field) => field switch
    {
        var data when data.StartsWith("data.", StringComparison.Ordinal) => section + data["data".Length..],
        var model when model.StartsWith("model.", StringComparison.Ordinal) => model,
        "batch.steps" => $"{section}.steps",
        var other => $"{section}.{other}",
    };
}
