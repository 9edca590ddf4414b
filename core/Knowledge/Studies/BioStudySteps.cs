using Orchestrator.Core.Data;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>How many steps a cell's runs have.</summary>
public static class BioStudySteps
{
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

        var passes = (asked.Exposures ?? PretrainSettings.DefaultExposures) / BioVariant.Parse(settings.Variant).Copies;
        var samples = passes * corpus.SampleCount(BioStudySpecs.WindowTokens(settings), DataOrder.Documents);
        var windows = mixed is null ? Samples(asked.Batch) : asked.Batch.Microbatches * mixed.Windows;
        return Longer(Rounded(samples / windows), asked, "pretrain");
    }

    /// <summary>Steps of fine-tuning.</summary>
    /// <param name="settings">The cell's settings.</param>
    /// <param name="questions">Questions that are trained on.</param>
    /// <exception cref="BadInputException">The warm-up is longer.</exception>
    public static long Finetune(FinetuneSettings settings, long questions) => Longer(
        settings.Steps ?? (settings.Epochs is { } epochs ? Rounded(epochs * questions / Samples(settings.Batch)) : FinetuneSettings.DefaultSteps), settings, "finetune");

    private static long Samples(BatchSpec batch) => (long)batch.Microbatches * batch.Microbatch;

    private static long Rounded(double steps) => Math.Max(1, (long)Math.Round(steps));

    private static long Longer(long steps, TrainingSettings settings, string section) => steps > settings.Schedule.WarmupSteps
        ? steps
        : throw new BadInputException(
            $"{section}.schedule.warmup_steps must be below the run's {steps} steps, was {settings.Schedule.WarmupSteps}; shorten the warm-up or train for longer.");
}
