namespace Orchestrator.Core.Specs;

/// <summary>Where samples come from.</summary>
public sealed record DataSpec
{
    /// <summary>Folder of a built corpus (manifest.json, shards, spiece.model). A relative path starts at the spec's folder.</summary>
    [Incidental]
    [FilePath]
    public string Corpus { get; init; } = "";

    /// <summary>Model input length in tokens, EOS included (512 in T5).</summary>
    [AllowedRange(8, 65536)]
    public int InputLength { get; init; } = 512;

    /// <summary>What an epoch of a corpus puts in another order.</summary>
    [AddedLater]
    public DataOrder Order { get; init; } = DataOrder.Samples;

    /// <summary>Tasks to learn in place of a corpus, or beside it.</summary>
    [AddedLater]
    public SpecList<TaskSpec> Tasks { get; init; } = [];

    /// <summary>The rate at which a corpus's samples are drawn beside tasks' examples, as <see cref="TaskSpec.Rate"/>; null: as many as it has.</summary>
    [AddedLater]
    [AllowedRange(0, 1e15, AboveLow = true)]
    public double? CorpusRate { get; init; }

    /// <summary>How often each task is drawn.</summary>
    [AddedLater]
    public MixtureSpec Mixture { get; init; } = new();

    /// <summary>The vocabulary of tasks, a spiece.model; left out, that of the corpus beside them or of <c>model.start_from</c>.</summary>
    [Incidental]
    [FilePath]
    public string Vocabulary { get; init; } = "";

    /// <summary>Target length of tasks in tokens, EOS included.</summary>
    [AllowedRange(2, 65536)]
    [AddedLater]
    public int TargetLength { get; init; } = 128;

    /// <summary>Whether a microbatch's examples of tasks share rows; else each has a row of its own.</summary>
    [AddedLater]
    public bool Pack { get; init; }
}

/// <summary>What an epoch of a corpus puts in another order.</summary>
public enum DataOrder
{
    /// <summary>Samples: the stream of tokens is cut once, in the corpus's order and without marks between documents.</summary>
    Samples,

    /// <summary>Documents: each epoch joins them in an order of its own, EOS after each, and cuts the stream anew.</summary>
    Documents,
}

/// <summary>What the model learns from a sample.</summary>
public sealed record ObjectiveSpec
{
    /// <summary>The objective; where a spec names none, causal LM of a gpt, masked LM of a bert.</summary>
    public ObjectiveKind Kind { get; init; } = ObjectiveKind.SpanCorruption;

    /// <summary>Share of tokens masked (span corruption, masked LM).</summary>
    [AllowedRange(0, 1, AboveLow = true, BelowHigh = true)]
    public double NoiseDensity { get; init; } = 0.15;

    /// <summary>Mean length of a masked span, tokens (span corruption).</summary>
    [AllowedRange(1, 1000)]
    public double MeanSpanLength { get; init; } = 3.0;

    /// <summary>Whether all tokens of a word are masked together (masked LM).</summary>
    [AddedLater]
    public bool WholeWords { get; init; }
}

/// <summary>The objectives.</summary>
public enum ObjectiveKind
{
    /// <summary>T5's span corruption (Raffel et al. 2019, section 3.1.4).</summary>
    SpanCorruption,

    /// <summary>Going on from a prefix of random length (the same, section 3.2).</summary>
    PrefixLm,

    /// <summary>Predicting each token from those before it (Radford et al. 2018).</summary>
    CausalLm,

    /// <summary>Restoring masked tokens (Devlin et al. 2018, section 3.1).</summary>
    MaskedLm,

    /// <summary>Restoring one date, number or name a sample (Guu et al. 2020, section 3.4).</summary>
    SalientSpans,
}
