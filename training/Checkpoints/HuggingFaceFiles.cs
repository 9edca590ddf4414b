using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.Training.Checkpoints;

/// <summary>The small files that, with config.json, make a folder of weights a model that Hugging Face transformers opens.</summary>
public static class HuggingFaceFiles
{
    /// <summary>The shapes' file name.</summary>
    public const string ConfigFileName = "config.json";

    /// <summary>The vocabulary's file name.</summary>
    public const string VocabularyFileName = "spiece.model";

    /// <summary>The file name of what transformers' generate() takes for granted.</summary>
    public const string GenerationFileName = "generation_config.json";

    private const int Sentinels = 100;
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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

    /// <summary>generation_config.json: the tokens that a sequence starts with, ends with and is padded with.</summary>
    public static byte[] Generation() => Bytes(new JsonObject { ["decoder_start_token_id"] = 0, ["eos_token_id"] = 1, ["pad_token_id"] = 0 });

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
