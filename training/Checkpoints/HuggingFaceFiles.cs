using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Core;
using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Checkpoints;

/// <summary>The small files that make a folder of weights a model that Hugging Face transformers opens.</summary>
public static class HuggingFaceFiles
{
    /// <summary>The shapes' file name.</summary>
    public const string ConfigFileName = "config.json";

    /// <summary>The vocabulary's file name.</summary>
    public const string VocabularyFileName = "spiece.model";

    private const int Sentinels = 100;
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>config.json of a T5ForConditionalGeneration.</summary>
    public static byte[] Config(ResolvedModel shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var gated = shape.FeedForward == FeedForwardKind.GatedGelu;
        return Bytes(new JsonObject
        {
            ["architectures"] = new JsonArray("T5ForConditionalGeneration"),
            ["model_type"] = "t5",
            ["vocab_size"] = shape.Vocabulary,
            ["d_model"] = shape.DModel,
            ["d_ff"] = shape.DFf,
            ["d_kv"] = shape.DKv,
            ["num_heads"] = shape.Heads,
            ["num_layers"] = shape.EncoderLayers,
            ["num_decoder_layers"] = shape.DecoderLayers,
            ["feed_forward_proj"] = gated ? "gated-gelu" : "relu",
            ["dense_act_fn"] = gated ? "gelu_new" : "relu",
            ["is_gated_act"] = gated,
            ["tie_word_embeddings"] = shape.TiedEmbeddings,
            ["relative_attention_num_buckets"] = shape.RelativeBuckets,
            ["relative_attention_max_distance"] = shape.RelativeDistance,
            ["dropout_rate"] = shape.Dropout,
            ["layer_norm_epsilon"] = 1e-6,
            ["initializer_factor"] = 1.0,
            ["is_encoder_decoder"] = true,
            ["use_cache"] = true,
            ["pad_token_id"] = 0,
            ["eos_token_id"] = 1,
            ["decoder_start_token_id"] = 0,
            ["torch_dtype"] = "float32",
        });
    }

    /// <summary>The shapes of a config.json, this product's or Hugging Face's.</summary>
    /// <exception cref="BadInputException">It is not a T5's.</exception>
    public static ResolvedModel ReadConfig(string path)
    {
        try
        {
            var config = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
            var layers = Number("num_layers", null);
            var activation = config["feed_forward_proj"]?.GetValue<string>() ?? "relu";
            return new ResolvedModel(
                Number("vocab_size", null),
                Number("d_model", null),
                Number("d_ff", null),
                Number("d_kv", null),
                Number("num_heads", null),
                layers,
                Number("num_decoder_layers", layers),
                activation switch
                {
                    "relu" => FeedForwardKind.Relu,
                    "gated-gelu" => FeedForwardKind.GatedGelu,
                    _ => throw new BadInputException($"{path}: feed_forward_proj is '{activation}'; only relu and gated-gelu are known."),
                },
                config["tie_word_embeddings"]?.GetValue<bool>() ?? true,
                Number("relative_attention_num_buckets", 32),
                Number("relative_attention_max_distance", 128),
                config["dropout_rate"]?.GetValue<double>() ?? 0.1);

            int Number(string name, int? otherwise) =>
                config[name]?.GetValue<int>() ?? otherwise ?? throw new BadInputException($"{path}: {name} is missing; it must be a T5's config.json.");
        }
        catch (Exception error) when (error is IOException or JsonException or InvalidOperationException or FormatException)
        {
            throw new BadInputException($"{path} cannot be read as a T5's config.json: {error.Message}", error);
        }
    }

    /// <summary>tokenizer_config.json and special_tokens_map.json beside a T5's spiece.model.</summary>
    public static IReadOnlyList<(string Name, byte[] Bytes)> Tokenizer(int inputLength = 512)
    {
        var extra = Enumerable.Range(0, Sentinels).Select(k => $"<extra_id_{k}>").ToArray();
        var config = Special();
        config["tokenizer_class"] = "T5Tokenizer";
        config["extra_ids"] = Sentinels;
        config["model_max_length"] = inputLength;
        return [("special_tokens_map.json", Bytes(Special())), ("tokenizer_config.json", Bytes(config))];

        JsonObject Special() => new()
        {
            ["eos_token"] = "</s>",
            ["pad_token"] = "<pad>",
            ["unk_token"] = "<unk>",
            ["additional_special_tokens"] = new JsonArray([.. extra.Select(token => (JsonNode)token)]),
        };
    }

    /// <summary>model.safetensors.index.json.</summary>
    public static byte[] Index(long totalBytes, IEnumerable<(string Tensor, string File)> places)
    {
        var map = new JsonObject();
        foreach (var (tensor, file) in places.OrderBy(place => place.Tensor, StringComparer.Ordinal))
        {
            map[tensor] = file;
        }

        return Bytes(new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = totalBytes }, ["weight_map"] = map });
    }

    private static byte[] Bytes(JsonObject json) => [.. System.Text.Encoding.UTF8.GetBytes(json.ToJsonString(s_json)), (byte)'\n'];
}
