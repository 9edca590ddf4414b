namespace Orchestrator.Core.Specs;

/// <summary>The ten published T5 sizes (Raffel et al. 2019; v1.1 as released by google-research/text-to-text-transfer-transformer).</summary>
/// <remarks>The vocabulary is left to the corpus: with T5's own 32,000 pieces it comes out as the published 32,128 rows.</remarks>
public static class ModelPresets
{
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
    ];

    /// <summary>The sizes' names, v1.0 first, smallest first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(model => model.Preset!)];

    /// <summary>A copy of a published size, or null.</summary>
    public static ModelSpec? Find(string name) => All.FirstOrDefault(model => model.Preset == name) is { } found ? found with { } : null;

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
}
