namespace Orchestrator.Core.Specs;

/// <summary>Holds the shapes of two models against each other.</summary>
internal static class ModelShapes
{
    /// <summary>The fields of a spec's <c>model</c> in which two models differ, dropout aside.</summary>
    /// <param name="there">One.</param>
    /// <param name="here">The other.</param>
    /// <returns>Each field's name and its two values; empty where the weights of one are those of the other.</returns>
    public static IReadOnlyList<(string Field, string There, string Here)> Differences(ResolvedModel there, ResolvedModel here) =>
        [.. Fields(there).Zip(Fields(here), (one, other) => (one.Name, one.Value, other.Value)).Where(field => field.Item2 != field.Item3)];

    private static (string Name, string Value)[] Fields(ResolvedModel model) =>
    [
        ("family", SpecFields.Word(model.Family)),
        ("d_model", $"{model.DModel}"),
        ("d_ff", $"{model.DFf}"),
        ("d_kv", $"{model.DKv}"),
        ("heads", $"{model.Heads}"),
        ("encoder_layers", $"{model.EncoderLayers}"),
        ("decoder_layers", $"{model.DecoderLayers}"),
        ("vocabulary", $"{model.Vocabulary}"),
        ("relative_buckets", $"{model.RelativeBuckets}"),
        ("relative_distance", $"{model.RelativeDistance}"),
        ("tied_embeddings", model.TiedEmbeddings ? "true" : "false"),
        ("feed_forward", SpecFields.Word(model.FeedForward)),
    ];
}
