namespace Orchestrator.Core.Specs;

/// <summary>Shapes of a model. <c>preset</c> names a published size; other fields override it.</summary>
/// <remarks>A family's fields left out are those of t5-v1_1-small, gpt-small or bert-base, but <c>d_ff</c> follows <c>d_model</c> in the last two.</remarks>
public sealed record ModelSpec
{
    /// <summary>A published size, for example <c>t5-v1_1-base</c>, or null.</summary>
    [Incidental]
    public string? Preset { get; init; }

    /// <summary>What kind of network it is.</summary>
    [AddedLater]
    public ModelFamily Family { get; init; }

    /// <summary>Width of the residual stream.</summary>
    [AllowedRange(1, 65536)]
    public int DModel { get; init; } = 512;

    /// <summary>Width of the feed-forward hidden layer; 4 x d_model where a gpt or bert leaves it out.</summary>
    [AllowedRange(1, 1048576)]
    public int DFf { get; init; } = 1024;

    /// <summary>Width of one attention head; d_model / heads in a gpt or bert.</summary>
    [AllowedRange(1, 4096)]
    [Families(ModelFamily.T5)]
    public int DKv { get; init; } = 64;

    /// <summary>Attention heads.</summary>
    [AllowedRange(1, 4096)]
    public int Heads { get; init; } = 6;

    /// <summary>Encoder blocks.</summary>
    [AllowedRange(1, 1024)]
    [Families(ModelFamily.T5, ModelFamily.Bert)]
    public int EncoderLayers { get; init; } = 8;

    /// <summary>Decoder blocks.</summary>
    [AllowedRange(1, 1024)]
    [Families(ModelFamily.T5, ModelFamily.Gpt)]
    public int DecoderLayers { get; init; } = 8;

    /// <summary>
    /// <see cref="FeedForwardKind.Relu"/> (T5 v1.0), <see cref="FeedForwardKind.GatedGelu"/> (T5 v1.1), <see cref="FeedForwardKind.Gelu"/> (GPT-2) or
    /// <see cref="FeedForwardKind.GeluErf"/> (BERT); a T5 has the first two, the others have the last two.
    /// </summary>
    public FeedForwardKind FeedForward { get; init; } = FeedForwardKind.GatedGelu;

    /// <summary>Whether the output layer is the embedding (T5 v1.0, GPT-2; a bert's always is).</summary>
    [Families(ModelFamily.T5, ModelFamily.Gpt)]
    public bool TiedEmbeddings { get; init; }

    /// <summary>Rows of the embedding; null: the corpus's vocabulary, rounded up to a multiple of 128.</summary>
    [AllowedRange(104, 16777216)]
    public int? Vocabulary { get; init; }

    /// <summary>Relative position buckets.</summary>
    [AllowedRange(4, 65536)]
    [Families(ModelFamily.T5)]
    public int RelativeBuckets { get; init; } = 32;

    /// <summary>Distance from which all relative positions share the last bucket.</summary>
    [AllowedRange(4, 1048576)]
    [Families(ModelFamily.T5)]
    public int RelativeDistance { get; init; } = 128;

    /// <summary>Dropout rate in [0, 1), its mask shared along the sequence.</summary>
    [AllowedRange(0, 1, BelowHigh = true)]
    public double Dropout { get; init; }

    /// <summary>How positions are known.</summary>
    [Families(ModelFamily.Gpt, ModelFamily.Bert)]
    public PositionKind Positions { get; init; }

    /// <summary>Share of a head's width that rotary positions turn (a quarter in GPT-NeoX); the rest carries no position.</summary>
    [AllowedRange(0, 1, AboveLow = true)]
    [Families(ModelFamily.Gpt, ModelFamily.Bert)]
    public double RotaryShare { get; init; } = 0.25;

    /// <summary>Base of the rotary angles: pair i of n turns by position x base^(-i/n).</summary>
    [AllowedRange(1, 1e9, AboveLow = true)]
    [Families(ModelFamily.Gpt, ModelFamily.Bert)]
    public double RotaryBase { get; init; } = 10000.0;

    /// <summary>Longest sequence, tokens; a longer one is an error.</summary>
    [AllowedRange(1, 1048576)]
    [Families(ModelFamily.Gpt, ModelFamily.Bert)]
    public int MaxLength { get; init; } = 1024;

    /// <summary>Rows of the token type embedding, of which the first is used; 0: there is none.</summary>
    [AllowedRange(0, 1024)]
    [Families(ModelFamily.Bert)]
    public int TokenTypes { get; init; } = 2;

    /// <summary>A checkpoint's folder whose weights the run starts with, or null: then the seed makes them. Every worker must see it.</summary>
    [Incidental]
    [FilePath]
    public string? StartFrom { get; init; }

    /// <summary>The digest of those weights, which is what the run's arithmetic depends on; filled in when the spec is read.</summary>
    [AddedLater]
    public string? StartDigest { get; init; }

    /// <summary>Low-rank adaptation, or null. With it the weights themselves are trained only where <see cref="Train"/> says so.</summary>
    [AddedLater]
    public LoraSpec? Lora { get; init; }

    /// <summary>Weights that stay as they are: the ends of their names, as <c>layer_norm</c>, or patterns with <c>*</c>, as <c>encoder.*</c>.</summary>
    [AddedLater]
    public SpecList<string> Freeze { get; init; } = [];

    /// <summary>The weights that are trained, in the same words; none given: all, or with <c>lora</c> none.</summary>
    [AddedLater]
    public SpecList<string> Train { get; init; } = [];
}

/// <summary>The feed-forward layer's form.</summary>
public enum FeedForwardKind
{
    /// <summary>wo(relu(wi(x))), T5 v1.0.</summary>
    Relu,

    /// <summary>wo(gelu(wi_0(x)) * wi_1(x)) with the tanh approximation, T5 v1.1.</summary>
    GatedGelu,

    /// <summary>wo(gelu(wi(x))) with the tanh approximation, GPT-2.</summary>
    Gelu,

    /// <summary>wo(gelu(wi(x))) with the error function, BERT as Hugging Face has it.</summary>
    GeluErf,
}
