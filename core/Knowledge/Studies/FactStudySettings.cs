using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>What is done with one arm and one size: closed-book questions about a world of facts (Roberts, Raffel and Shazeer 2020, arXiv:2002.08910).</summary>
public sealed record FactStudySettings
{
    /// <summary>What pre-training goes on with.</summary>
    public SalientForm Salient { get; init; }

    /// <summary>Who and what is told of; the same for every seed.</summary>
    public WorldSettings World { get; init; } = new();

    /// <summary>How text becomes tokens; <c>words</c> is the vocabulary that comes with the world.</summary>
    public VocabularySettings Vocabulary { get; init; } = new() { Kind = PieceKind.Words, Pieces = 2000 };

    /// <summary>The model, a T5.</summary>
    public ModelSpec Model { get; init; } = new();

    /// <summary>Reading the articles, some of their spans replaced.</summary>
    public ReadingSettings Pretrain { get; init; } = new() { Steps = 10_000 };

    /// <summary>Reading on, as <see cref="Salient"/> says: as many steps of one kind as of the other, so that arms differ in nothing else.</summary>
    public ContinueSettings Continue { get; init; } = new();

    /// <summary>Learning to answer.</summary>
    public AnsweringSettings Finetune { get; init; } = new();

    /// <summary>Being asked.</summary>
    public AskingSettings Evaluate { get; init; } = new();
}

/// <summary>What pre-training goes on with.</summary>
public enum SalientForm
{
    /// <summary>Span corruption, as before.</summary>
    None,

    /// <summary>Salient spans: a sentence at a time, one of its names and dates replaced, as Roberts et al. 2020 published it.</summary>
    Spans,

    /// <summary>Nothing: pre-training stops.</summary>
    Stop,

    /// <summary>Salient spans: a window of the corpus at a time, one of its names and dates replaced (Guu et al. 2020).</summary>
    Windows,
}

/// <summary>A world.</summary>
public sealed record WorldSettings
{
    /// <summary>People; there is a novel for every four.</summary>
    [AllowedRange(8, 100_000_000)]
    public long People { get; init; } = 1000;

    /// <summary>Towns; there is a company for each.</summary>
    [AllowedRange(2, 100_000_000)]
    public long Places { get; init; } = 200;

    /// <summary>Articles an entity.</summary>
    [AllowedRange(1, 1_000_000)]
    public int Tellings { get; init; } = 4;

    /// <summary>Its seed; the same world, whatever the seed of the models.</summary>
    [AllowedRange(0)]
    public long Seed { get; init; } = 1;
}

/// <summary>Reading a corpus.</summary>
public record ReadingSettings : TrainingSettings
{
    /// <summary>T5's loss.</summary>
    public ReadingSettings() => Loss = new LossSpec();

    /// <summary>Length of an input, tokens.</summary>
    [AllowedRange(8, 65536)]
    public int InputLength { get; init; } = 128;

    /// <summary>What an epoch puts in another order.</summary>
    public DataOrder Order { get; init; } = DataOrder.Documents;

    /// <summary>Share of tokens that span corruption replaces.</summary>
    [AllowedRange(0, 1, AboveLow = true, BelowHigh = true)]
    public double NoiseDensity { get; init; } = 0.15;

    /// <summary>Mean length of a span that it replaces, tokens.</summary>
    [AllowedRange(1, 1000)]
    public double MeanSpanLength { get; init; } = 3.0;
}

/// <summary>Reading on.</summary>
public sealed record ContinueSettings : ReadingSettings
{
    /// <summary>A constant rate, as the paper's fine-tuning has it.</summary>
    public ContinueSettings()
    {
        Steps = 5000;
        Schedule = new ScheduleSpec { Kind = ScheduleKind.Constant, Base = 1e-3 };
    }

    /// <summary>Sentences of a microbatch, where a sentence at a time is read; null: as many as windows. A sentence is much shorter.</summary>
    [AllowedRange(1, 65536)]
    public int? Sentences { get; init; }

    /// <summary>Longest sentence, tokens, its end included; a longer one is left out.</summary>
    [AllowedRange(8, 65536)]
    public int SentenceLength { get; init; } = 64;

    /// <summary>Longest name or date, tokens, its end included.</summary>
    [AllowedRange(2, 65536)]
    public int TargetLength { get; init; } = 32;
}

/// <summary>Learning to answer, with the paper's optimizer and rate.</summary>
public sealed record AnsweringSettings : TrainingSettings
{
    /// <summary>Adafactor at 0.001.</summary>
    public AnsweringSettings()
    {
        Steps = 1000;
        Loss = new LossSpec();
        Schedule = new ScheduleSpec { Kind = ScheduleKind.Constant, Base = 1e-3 };
        Batch = new BatchSpec { Microbatches = 1, Microbatch = 64 };
    }

    /// <summary>Dropout.</summary>
    [AllowedRange(0, 1, BelowHigh = true)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>Longest question, tokens, its end included.</summary>
    [AllowedRange(8, 65536)]
    public int InputLength { get; init; } = 64;

    /// <summary>Longest answer, tokens, its end included.</summary>
    [AllowedRange(2, 65536)]
    public int TargetLength { get; init; } = 32;

    /// <summary>Share of the questions that is not trained on, so that they decide which checkpoint is the best.</summary>
    [AllowedRange(0, 1, BelowHigh = true)]
    public double HeldOut { get; init; } = 0.1;

    /// <summary>When the held-out questions are asked and by which metric, as in a run spec. With <c>keep_best</c> the best checkpoint is asked in the end, else the last.</summary>
    public EvaluationSpec Evaluation { get; init; } = new() { Every = 100, Metric = "squad", KeepBest = true };
}

/// <summary>Being asked the questions about the entities that were held out.</summary>
public sealed record AskingSettings
{
    /// <summary>The first so many questions; null: all.</summary>
    [AllowedRange(1)]
    public long? Limit { get; init; }

    /// <summary>Questions at once.</summary>
    [Incidental]
    [AllowedRange(1, 65536)]
    public int Batch { get; init; } = 64;
}
