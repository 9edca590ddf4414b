namespace Orchestrator.Core.Specs;

/// <summary>Shapes of a T5. <c>preset</c> names a published size; other fields override it.</summary>
public sealed record ModelSpec
{
    /// <summary>A published size, for example <c>t5-v1_1-base</c>, or null.</summary>
    [Incidental]
    public string? Preset { get; init; }

    /// <summary>Width of the residual stream.</summary>
    [AllowedRange(1, 65536)]
    public int DModel { get; init; } = 512;

    /// <summary>Width of the feed-forward hidden layer.</summary>
    [AllowedRange(1, 1048576)]
    public int DFf { get; init; } = 1024;

    /// <summary>Width of one attention head.</summary>
    [AllowedRange(1, 4096)]
    public int DKv { get; init; } = 64;

    /// <summary>Attention heads.</summary>
    [AllowedRange(1, 4096)]
    public int Heads { get; init; } = 6;

    /// <summary>Encoder blocks.</summary>
    [AllowedRange(1, 1024)]
    public int EncoderLayers { get; init; } = 8;

    /// <summary>Decoder blocks.</summary>
    [AllowedRange(1, 1024)]
    public int DecoderLayers { get; init; } = 8;

    /// <summary><see cref="FeedForwardKind.Relu"/> (v1.0) or <see cref="FeedForwardKind.GatedGelu"/> (v1.1).</summary>
    public FeedForwardKind FeedForward { get; init; } = FeedForwardKind.GatedGelu;

    /// <summary>Whether the output layer is the embedding (v1.0).</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>Rows of the embedding; null: the corpus's vocabulary, rounded up to a multiple of 128.</summary>
    [AllowedRange(104, 16777216)]
    public int? Vocabulary { get; init; }

    /// <summary>Relative position buckets.</summary>
    [AllowedRange(4, 65536)]
    public int RelativeBuckets { get; init; } = 32;

    /// <summary>Distance from which all relative positions share the last bucket.</summary>
    [AllowedRange(4, 1048576)]
    public int RelativeDistance { get; init; } = 128;

    /// <summary>Dropout rate in [0, 1), its mask shared along the sequence.</summary>
    [AllowedRange(0, 1, BelowHigh = true)]
    public double Dropout { get; init; }
}

/// <summary>The feed-forward layer's form.</summary>
public enum FeedForwardKind
{
    /// <summary>wo(relu(wi(x))), T5 v1.0.</summary>
    Relu,

    /// <summary>wo(gelu(wi_0(x)) * wi_1(x)) with the tanh approximation, T5 v1.1.</summary>
    GatedGelu,
}
