namespace Orchestrator.Core.Specs;

/// <summary>
/// The ten published T5 sizes (Raffel et al. 2019; v1.1 as released by google-research/text-to-text-transfer-transformer), GPT-2's four
/// (Radford et al. 2019), the three rotary ones of the knowledge studies (Allen-Zhu and Li, arXiv:2309.14316), and BERT's two (Devlin et al. 2018).
/// </summary>
/// <remarks>The vocabulary is left to the corpus: with T5's own 32,000 pieces it comes out as the published 32,128 rows.</remarks>
public static class ModelPresets
{
    /// <summary>Feed-forward widths a width of the stream, in every published GPT-2 and BERT.</summary>
    internal const int FeedForwardFactor = 4;

    private static readonly IReadOnlyList<ModelSpec> All =
    [
        First("t5-small", dModel: 512, dFf: 2048, dKv: 64, heads: 8, layers: 6),
        First("t5-base", dModel: 768, dFf: 3072, dKv: 64, heads: 12, layers: 12),
        First("t5-large", dModel: 1024, dFf: 4096, dKv: 64, heads: 16, layers: 24),
        First("t5-3b", dModel: 1024, dFf: 16384, dKv: 128, heads: 32, layers: 24),
        First("t5-11b", dModel: 1024, dFf: 65536, dKv: 128, heads: 128, layers: 24),
        Second("t5-v1_1-small", dModel: 512, dFf: 1024, heads: 6, layers: 8),
        Second("t5-v1_1-base", dModel: 768, dFf: 2048, heads: 12, layers: 12),
        Second("t5-v1_1-large", dModel: 1024, dFf: 2816, heads: 16, layers: 24),
        Second("t5-v1_1-xl", dModel: 2048, dFf: 5120, heads: 32, layers: 24),
        Second("t5-v1_1-xxl", dModel: 4096, dFf: 10240, heads: 64, layers: 24),
        Decoder("gpt2", PositionKind.Learned, dModel: 768, heads: 12, layers: 12),
        Decoder("gpt2-medium", PositionKind.Learned, dModel: 1024, heads: 16, layers: 24),
        Decoder("gpt2-large", PositionKind.Learned, dModel: 1280, heads: 20, layers: 36),
        Decoder("gpt2-xl", PositionKind.Learned, dModel: 1600, heads: 25, layers: 48),
        Decoder("gpt-small", PositionKind.Rotary, dModel: 768, heads: 12, layers: 12),
        Decoder("gpt-12-20", PositionKind.Rotary, dModel: 1280, heads: 20, layers: 12),
        Decoder("gpt-12-32", PositionKind.Rotary, dModel: 2048, heads: 32, layers: 12),
        Encoder("bert-base", dModel: 768, heads: 12, layers: 12),
        Encoder("bert-large", dModel: 1024, heads: 16, layers: 24),
    ];

    /// <summary>The sizes' names, T5's first, each family smallest first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(model => model.Preset!)];

    /// <summary>A copy of a published size, or null.</summary>
    public static ModelSpec? Find(string name) => All.FirstOrDefault(model => model.Preset == name) is { } found ? found with { } : null;

    /// <summary>What a spec's fields are when it names the family alone.</summary>
    public static ModelSpec OfFamily(ModelFamily family) => family switch
    {
        ModelFamily.Gpt => Find("gpt-small")! with { Preset = null },
        ModelFamily.Bert => Find("bert-base")! with { Preset = null },
        _ => new ModelSpec(),
    };

    private static ModelSpec First(string name, int dModel, int dFf, int dKv, int heads, int layers) => new()
    {
        Preset = name,
        DModel = dModel,
        DFf = dFf,
        DKv = dKv,
        Heads = heads,
        EncoderLayers = layers,
        DecoderLayers = layers,
        FeedForward = FeedForwardKind.Relu,
        TiedEmbeddings = true,
        Dropout = 0.1,
    };

    private static ModelSpec Second(string name, int dModel, int dFf, int heads, int layers) => new()
    {
        Preset = name,
        DModel = dModel,
        DFf = dFf,
        DKv = 64,
        Heads = heads,
        EncoderLayers = layers,
        DecoderLayers = layers,
        FeedForward = FeedForwardKind.GatedGelu,
        TiedEmbeddings = false,
        Dropout = 0.0,
    };

    private static ModelSpec Decoder(string name, PositionKind positions, int dModel, int heads, int layers) => new()
    {
        Preset = name,
        Family = ModelFamily.Gpt,
        DModel = dModel,
        DFf = FeedForwardFactor * dModel,
        Heads = heads,
        DecoderLayers = layers,
        FeedForward = FeedForwardKind.Gelu,
        TiedEmbeddings = true,
        Positions = positions,
        MaxLength = 1024,
        Dropout = 0.1,
    };

    private static ModelSpec Encoder(string name, int dModel, int heads, int layers) => new()
    {
        Preset = name,
        Family = ModelFamily.Bert,
        DModel = dModel,
        DFf = FeedForwardFactor * dModel,
        Heads = heads,
        EncoderLayers = layers,
        FeedForward = FeedForwardKind.GeluErf,
        TiedEmbeddings = true,
        Positions = PositionKind.Learned,
        MaxLength = 512,
        Dropout = 0.1,
    };
}
