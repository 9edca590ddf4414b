using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>What must hold between the settings of a cell.</summary>
internal static class BioStudyRules
{
    private const string VariantKey = "variant: ";

    /// <summary>Adds the mistakes of a cell's settings. What a run spec forbids is found by reading the specs that the settings come to.</summary>
    public static void Check(BioStudySettings settings, SpecBinder binder)
    {
        CheckVariant(settings, binder);
        CheckPopulation(settings.Population, binder);
        StudySpecs.CheckVocabulary(settings.Vocabulary, binder);
        binder.Rule(
            settings.Pretrain.Steps is null || settings.Pretrain.Exposures is null,
            "and pretrain.exposures are both given; keep one of them, the other may be null",
            "pretrain.steps", "pretrain.exposures");
        binder.Rule(
            settings.Finetune.Steps is null || settings.Finetune.Epochs is null,
            "and finetune.epochs are both given; keep one of them, the other may be null",
            "finetune.steps", "finetune.epochs");
        foreach (var section in new[] { "pretrain", "finetune" })
        {
            binder.Rule(!binder.IsGiven($"{section}.batch.steps"), $"is left out; name {section}.steps", $"{section}.batch.steps");
            binder.Rule(!binder.IsGiven($"{section}.schedule.decay_steps"), "is left out: the decay ends with the last step", $"{section}.schedule.decay_steps");
        }

        binder.Rule(
            settings.Finetune.Kind == FinetuneKind.Lora || !binder.IsGiven("finetune.lora"),
            $"is for finetune.kind lora, was {SpecFields.Word(settings.Finetune.Kind)}; leave it out or choose lora",
            "finetune.lora", "finetune.kind");
        binder.Rule(
            settings.Model.StartFrom is null && settings.Model.Lora is null,
            "is left out: a study's models begin with the weights of their seed",
            "model.start_from", "model.lora");
        binder.Rule(
            settings.Model.Family == ModelFamily.Gpt || !settings.Probes.Position,
            $"is for a gpt, which has not seen a value before it comes to it, and this model is a {SpecFields.Word(settings.Model.Family)}; leave it out",
            "probes.position", "model.family");
        LoraRules.Check(settings, binder);
        CheckRuns(settings, binder);
        if (binder.Errors.Count == 0 && binder.IsGiven("variant"))
        {
            CheckWarmups(settings, binder);
        }
    }

    private static void CheckPopulation(PopulationSettings population, SpecBinder binder)
    {
        binder.Rule(
            (population.Templates ?? 0) <= BiographyWriter.MostTemplates,
            $"must be at most {BiographyWriter.MostTemplates}, the sentences that there are of every attribute, was {population.Templates}; leave it out for all",
            "population.templates");
        try
        {
            _ = population.Draw(seed: 1);
        }
        catch (BadInputException e)
        {
            var (field, problem) = e.Message.Split(": ", 2) is [var first, var rest] ? (first, rest) : ("", e.Message);
            binder.Add(field is "people" or "lists" ? $"population.{field}" : "population", problem.TrimEnd('.'));
        }
    }

    private static void CheckVariant(BioStudySettings settings, SpecBinder binder)
    {
        if (!binder.IsGiven("variant"))
        {
            return;
        }

        try
        {
            _ = BioVariant.Parse(settings.Variant);
        }
        catch (BadInputException e)
        {
            binder.Add("variant", e.Message.StartsWith(VariantKey, StringComparison.Ordinal) ? e.Message[VariantKey.Length..] : e.Message);
        }
    }

    private static void CheckRuns(BioStudySettings settings, SpecBinder binder)
    {
        try
        {
            _ = BioStudySpecs.WindowTokens(settings);
        }
        catch (BadInputException e)
        {
            binder.Add("pretrain.window", $"does not go with how a {SpecFields.Word(settings.Model.Family)} reads: {e.Message}");
            return;
        }

        var cell = new BioCell("arm", "model", 1, settings);
        var files = new BioStudyFiles("bios", "corpus", "spiece.model");
        // What the rules say does not depend on how many questions there are and how long they are.
        var mixed = settings.Pretrain.QaShare is null ? null : MixedQuestions.Of(settings, new QuestionCount(Examples: 1000, Tokens: 16_000));
        Check(BioStudySpecs.Pretrain(cell, files, settings.Pretrain.Schedule.WarmupSteps + 1, mixed), "pretrain", binder);
        if (settings.Finetune.Kind != FinetuneKind.None)
        {
            var start = new StudyStart("checkpoint", new string('0', 16));
            Check(BioStudySpecs.Finetune(cell, files, start, settings.Finetune.Schedule.WarmupSteps + 1), "finetune", binder);
        }
    }

    // What the number of steps depends on is not there yet, but the most that it can come to is known.
    private static void CheckWarmups(BioStudySettings settings, SpecBinder binder)
    {
        var most = BioStudySteps.MostOfPretrain(settings);
        binder.Rule(
            settings.Pretrain.Schedule.WarmupSteps < most,
            Longer(settings.Pretrain, settings.Pretrain.Steps is null ? $"steps, at most {most}" : $"{most} steps"),
            "pretrain.schedule.warmup_steps", "pretrain.exposures", "pretrain.steps", "pretrain");
        if (settings.Finetune.Kind != FinetuneKind.None)
        {
            var steps = BioStudySteps.FinetuneOf(settings);
            binder.Rule(
                settings.Finetune.Schedule.WarmupSteps < steps, Longer(settings.Finetune, $"{steps} steps"),
                "finetune.schedule.warmup_steps", "finetune.epochs", "finetune.steps", "finetune");
        }

        static string Longer(TrainingSettings training, string steps) =>
            $"must be below the run's {steps}, was {training.Schedule.WarmupSteps}; shorten the warm-up or train for longer";
    }

    private static void Check(RunSpec spec, string section, SpecBinder binder) => StudySpecs.Check(spec, binder, field => field switch
    {
        "data.input_length" when section == "pretrain" => "pretrain.window",
        var data when data.StartsWith("data.", StringComparison.Ordinal) => section + data["data".Length..],
        var model when model.StartsWith("model.", StringComparison.Ordinal) => model,
        var other => $"{section}.{other}",
    });
}
