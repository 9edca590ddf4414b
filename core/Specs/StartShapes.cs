using System.Text.Json;

namespace Orchestrator.Core.Specs;

/// <summary>Holds the shapes of a checkpoint that a run starts from against the run's own, before anything starts.</summary>
internal static class StartShapes
{
    /// <summary>Refuses a checkpoint of other shapes.</summary>
    /// <exception cref="BadInputException">It is one; the message lists every field that differs.</exception>
    public static void Require(ModelSpec spec, ResolvedModel model)
    {
        // A run that goes on no longer needs the folder; whoever loads it says what is wrong with it.
        if (spec.StartFrom is null || !File.Exists(Path.Combine(spec.StartFrom, "config.json")))
        {
            return;
        }

        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(spec.StartFrom, "config.json")));
        var root = config.RootElement;
        (string Field, string Name, string Own)[] fields =
        [
            ("d_model", "d_model", $"{model.DModel}"),
            ("d_ff", "d_ff", $"{model.DFf}"),
            ("d_kv", "d_kv", $"{model.DKv}"),
            ("heads", "num_heads", $"{model.Heads}"),
            ("encoder_layers", "num_layers", $"{model.EncoderLayers}"),
            ("decoder_layers", "num_decoder_layers", $"{model.DecoderLayers}"),
            ("vocabulary", "vocab_size", $"{model.Vocabulary}"),
            ("relative_buckets", "relative_attention_num_buckets", $"{model.RelativeBuckets}"),
            ("relative_distance", "relative_attention_max_distance", $"{model.RelativeDistance}"),
            ("tied_embeddings", "tie_word_embeddings", model.TiedEmbeddings ? "true" : "false"),
            ("feed_forward", "feed_forward_proj", SpecFields.Word(model.FeedForward)),
        ];
        var problems = fields
            .Where(field => root.TryGetProperty(field.Name, out var there) && !string.Equals(there.ToString(), field.Own, StringComparison.OrdinalIgnoreCase))
            .Select(field => $"model.{field.Field} is {root.GetProperty(field.Name).ToString().ToLowerInvariant()} there and {field.Own} here")
            .ToArray();
        if (problems.Length > 0)
        {
            throw new BadInputException($"model.start_from: the checkpoint {spec.StartFrom} has other shapes than the spec:\n  {string.Join("\n  ", problems)}");
        }
    }
}
