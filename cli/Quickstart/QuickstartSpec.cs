using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Quickstart;

/// <summary>The quickstart's run: a T5 so small that minutes on two cores take it below the bigram entropy of its text.</summary>
internal static class QuickstartSpec
{
    /// <summary>Pieces of its vocabulary.</summary>
    public const int Pieces = 2000;

    /// <summary>Steps unless asked otherwise.</summary>
    public const long Steps = 3000;

    /// <summary>Microbatches of a step, and so the most workers. Fixed: the weights must not depend on the number of workers.</summary>
    public const int Microbatches = 4;

    /// <summary>The spec.</summary>
    /// <param name="asked">Text, steps, seed.</param>
    /// <param name="corpus">The corpus folder, absolute.</param>
    /// <param name="workers">How many workers.</param>
    public static RunSpec Of(QuickstartFolder asked, string corpus, int workers) => new()
    {
        Name = "quickstart",
        Seed = asked.Seed,
        Model = new ModelSpec
        {
            DModel = 64,
            DFf = 128,
            DKv = 16,
            Heads = 4,
            EncoderLayers = 1,
            DecoderLayers = 1,
            FeedForward = FeedForwardKind.GatedGelu,
            TiedEmbeddings = false,
        },
        // Short inputs and many steps: longer ones leave the first token of a span at unigram level for long.
        Data = new DataSpec { Corpus = corpus, InputLength = 64 },
        Schedule = new ScheduleSpec { Kind = ScheduleKind.Rsqrt, Base = 1.0, WarmupSteps = 1000 },
        Batch = new BatchSpec { Microbatches = Microbatches, Microbatch = 16, Steps = asked.Steps },
        Workers = new WorkersSpec { Min = 1, Max = workers, Threads = 1, Precision = Precision.Fp32 },
        Checkpoint = new CheckpointSpec { Every = 250, Keep = 3 },
        Evaluation = new EvaluationSpec { Every = 1000, Microbatches = 32 },
    };
}
