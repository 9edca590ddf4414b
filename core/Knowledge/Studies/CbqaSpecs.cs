using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>The recipes' run specs with the files, the size and the scale that were asked for.</summary>
public static class CbqaSpecs
{
    /// <summary>Files of sentences, in a folder that <c>corpus spans</c> makes.</summary>
    internal const string Sentences = "train.jsonl", HeldOutSentences = "validation.jsonl";

    // What a scaled step or measurement has at least, and the steps between two measurements or saves.
    private const int FewestSamples = 8, FewestQuestions = 32, FewestSteps = 10;

    /// <summary>The run that pre-trains.</summary>
    public static RunSpec Pretrain(CbqaSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var recipe = ClosedBookRecipes.Pretrain(settings.Size);
        return Scaled(recipe, settings, "pretrain") with { Data = recipe.Data with { Corpus = settings.Corpus! } };
    }

    /// <summary>The run that goes on with salient spans.</summary>
    /// <param name="settings">What was asked for.</param>
    /// <param name="spans">The folder of sentences.</param>
    /// <param name="start">The pre-trained checkpoint.</param>
    public static RunSpec Continue(CbqaSettings settings, string spans, StudyStart start)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var recipe = ClosedBookRecipes.Salient(settings.Size);
        var sentences = Path.Combine(spans, Sentences);
        var heldOut = Path.Combine(spans, HeldOutSentences);
        return Scaled(recipe, settings, "ssm") with
        {
            Model = StudySpecs.From(recipe.Model, start),
            Data = recipe.Data with
            {
                Vocabulary = settings.Vocabulary,
                Tasks = [recipe.Data.Tasks[0] with { Train = [sentences], Validation = [new FileInfo(heldOut) is { Exists: true, Length: > 0 } ? heldOut : sentences] }],
            },
        };
    }

    /// <summary>The run that learns to answer.</summary>
    /// <param name="settings">What was asked for.</param>
    /// <param name="start">The checkpoint that has read.</param>
    public static RunSpec Finetune(CbqaSettings settings, StudyStart start)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var recipe = ClosedBookRecipes.Finetune(settings.Size, settings.Dataset);
        var scaled = Scaled(recipe, settings, settings.Dataset);
        return scaled with
        {
            Model = StudySpecs.From(recipe.Model, start),
            Data = recipe.Data with { Vocabulary = settings.Vocabulary, Tasks = [recipe.Data.Tasks[0] with { Train = [.. settings.Data], HeldOut = settings.HeldOut }] },
            Evaluation = scaled.Evaluation with { Limit = Math.Max(Math.Min(FewestQuestions, recipe.Evaluation.Limit), (int)Times(recipe.Evaluation.Limit, settings.Scale)) },
        };
    }

    /// <summary>A checkpoint's folder with the digest of its weights.</summary>
    public static StudyStart StartOf(string checkpoint) =>
        new(checkpoint, CheckpointManifest.Parse(File.ReadAllBytes(Path.Combine(checkpoint, CheckpointManifest.FileName))).WeightsDigest);

    // Steps, their batch and what goes by steps, times the scale; at scale 1 the recipe as it is, but for the workers.
    private static RunSpec Scaled(RunSpec recipe, CbqaSettings settings, string what)
    {
        var samples = Math.Max(FewestSamples, (int)Times(recipe.Batch.Microbatches * recipe.Batch.Microbatch, settings.Scale));
        var scaled = InMicrobatches(recipe with { Batch = recipe.Batch with { Microbatches = 1, Microbatch = samples } }, Math.Min(recipe.Batch.Microbatch, samples)).Batch;
        return recipe with
        {
            Name = $"{settings.Size}-{what}",
            Seed = settings.Seed,
            Batch = scaled with { Steps = Times(recipe.Batch.Steps, settings.Scale) },
            Workers = recipe.Workers with { Min = 1, Max = Math.Min(settings.Workers, scaled.Microbatches), Threads = settings.Threads },
            Checkpoint = recipe.Checkpoint with { Every = Between(recipe.Checkpoint.Every, settings.Scale) },
            Evaluation = recipe.Evaluation with { Every = Between(recipe.Evaluation.Every, settings.Scale) },
        };
    }

    // The same batch, or a little more, in microbatches of at most so many samples.
    private static RunSpec InMicrobatches(RunSpec spec, int most)
    {
        var samples = spec.Batch.Microbatches * spec.Batch.Microbatch;
        var microbatch = Math.Min(spec.Batch.Microbatch, most);
        return spec with { Batch = spec.Batch with { Microbatches = (samples + microbatch - 1) / microbatch, Microbatch = microbatch } };
    }

    private static long Between(long every, double scale) => every == 0 ? 0 : Math.Max(Math.Min(FewestSteps, every), Times(every, scale));

    private static long Times(long number, double scale) => Math.Max(1, (long)Math.Round(number * scale));
}
