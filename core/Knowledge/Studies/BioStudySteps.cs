using System.Text.RegularExpressions;
using Orchestrator.Core.Data;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>How many steps a cell's runs have.</summary>
public static partial class BioStudySteps
{
    // Biographies whose length stands for all, and what is allowed for the rest being longer and for mixtures being rounded to whole rows.
    private const int LookedAt = 100;
    private const double Margin = 1.5;

    /// <summary>Steps of pre-training: so many that each person is read of as often as asked, over all of their biographies together.</summary>
    /// <param name="settings">The cell's settings.</param>
    /// <param name="corpus">The corpus of the biographies.</param>
    /// <param name="mixed">The questions beside them; null: there are none.</param>
    /// <exception cref="BadInputException">The warm-up is longer.</exception>
    public static long Pretrain(BioStudySettings settings, SplitEntry corpus, MixedQuestions? mixed = null)
    {
        var asked = settings.Pretrain;
        if (asked.Steps is { } given)
        {
            return Longer(given, asked, "pretrain");
        }

        var windows = mixed is null ? Samples(asked.Batch) : asked.Batch.Microbatches * mixed.Windows;
        return Longer(Rounded(Windows(settings, corpus) / windows), asked, "pretrain");
    }

    /// <summary>The most steps that pre-training can come to, from settings alone: no vocabulary makes more tokens of a biography than are counted here.</summary>
    /// <param name="settings">The cell's settings.</param>
    internal static long MostOfPretrain(BioStudySettings settings)
    {
        if (settings.Pretrain.Steps is { } given)
        {
            return given;
        }

        var (population, variant) = (settings.Population.Draw(seed: 1), BioVariant.Parse(settings.Variant));
        var writer = new BiographyWriter(population.Seed, settings.Population.Templates);
        var words = settings.Vocabulary is { Kind: PieceKind.Words, File.Length: 0 };
        var length = Enumerable.Range(0, (int)Math.Min(population.People, LookedAt)).Select(index => writer.Write(population[index], variant, copy: 0).Text)
            .Average(text => words ? Marks().Count(text) : text.Length + 1);
        var biographies = new BioDataset(population, variant).Biographies;
        var corpus = new SplitEntry(biographies, (long)(biographies * length), 0, []);
        return Rounded(Margin * Windows(settings, corpus) / (Samples(settings.Pretrain.Batch) * (1 - (settings.Pretrain.QaShare ?? 0))));
    }

    /// <summary>Steps of fine-tuning, from settings alone.</summary>
    /// <param name="settings">The cell's settings.</param>
    internal static long FinetuneOf(BioStudySettings settings)
    {
        var trained = settings.Population.Celebrities > 0 ? settings.Population.Celebrities : settings.Population.People / 2;
        return Steps(settings.Finetune, trained * BioAttributes.All.Count);
    }

    /// <summary>Steps of fine-tuning.</summary>
    /// <param name="settings">The cell's settings.</param>
    /// <param name="questions">Questions that are trained on.</param>
    /// <exception cref="BadInputException">The warm-up is longer.</exception>
    public static long Finetune(FinetuneSettings settings, long questions) => Longer(Steps(settings, questions), settings, "finetune");

    private static long Steps(FinetuneSettings settings, long questions) =>
        settings.Steps ?? (settings.Epochs is { } epochs ? Rounded(epochs * questions / Samples(settings.Batch)) : FinetuneSettings.DefaultSteps);

    // Windows of biographies in all passes.
    private static double Windows(BioStudySettings settings, SplitEntry corpus) =>
        (settings.Pretrain.Exposures ?? PretrainSettings.DefaultExposures) / BioVariant.Parse(settings.Variant).Copies
        * corpus.SampleCount(BioStudySpecs.WindowTokens(settings), DataOrder.Documents);

    private static long Samples(BatchSpec batch) => (long)batch.Microbatches * batch.Microbatch;

    private static long Rounded(double steps) => Math.Max(1, (long)Math.Round(steps));

    private static long Longer(long steps, TrainingSettings settings, string section) => steps > settings.Schedule.WarmupSteps
        ? steps
        : throw new BadInputException(
            $"{section}.schedule.warmup_steps must be below the run's {steps} steps, was {settings.Schedule.WarmupSteps}; shorten the warm-up or train for longer.");

    // Words and marks: no fewer than the pieces of a vocabulary of whole words.
    [GeneratedRegex(@"[\p{L}\p{N}]+|[^\s\p{L}\p{N}]")]
    private static partial Regex Marks();
}
