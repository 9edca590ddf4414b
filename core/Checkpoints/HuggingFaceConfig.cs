using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Checkpoints;

/// <summary>A model's shapes as the <c>config.json</c> of a Hugging Face model folder.</summary>
public static class HuggingFaceConfig
{
    private const string Gated = "gated-gelu";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>The shapes that a file names.</summary>
    /// <exception cref="BadInputException">The file is missing, or is not the configuration of a T5, GPT or BERT.</exception>
    public static ResolvedModel Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path} cannot be read: {e.Message}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new BadInputException($"{path} is not the configuration of a T5, GPT or BERT: {(e is JsonException ? "it is not JSON" : e.Message)}");
        }
    }

    /// <summary>The shapes that a file's text names.</summary>
    public static ResolvedModel Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("it is no object");
        }

        if (FamilyConfig.Parse(root) is { } other)
        {
            return other;
        }

        var form = FormOf(root);
        Refuse(root);
        var layers = Whole(root, "num_layers");
        return new ResolvedModel(
            Vocabulary: Whole(root, "vocab_size"),
            DModel: Whole(root, "d_model"),
            DFf: Whole(root, "d_ff"),
            DKv: Whole(root, "d_kv"),
            Heads: Whole(root, "num_heads"),
            EncoderLayers: layers,
            DecoderLayers: Number(root, "num_decoder_layers", layers),
            FeedForward: form,
            TiedEmbeddings: !root.TryGetProperty("tie_word_embeddings", out var tied) || tied.GetBoolean(),
            RelativeBuckets: Number(root, "relative_attention_num_buckets", 32),
            RelativeDistance: Number(root, "relative_attention_max_distance", 128),
            Dropout: root.TryGetProperty("dropout_rate", out var dropout) ? dropout.GetDouble() : 0.1);
    }

    /// <summary>A file's text for these shapes.</summary>
    /// <param name="model">The shapes.</param>
    /// <param name="type">The number format of the weights beside it.</param>
    public static string Write(ResolvedModel model, TensorType type = TensorType.F32)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Family != ModelFamily.T5)
        {
            return FamilyConfig.Write(model, Word(type)).ToJsonString(s_indented) + "\n";
        }

        var gated = model.FeedForward == FeedForwardKind.GatedGelu;
        return new JsonObject
        {
            ["architectures"] = new JsonArray("T5ForConditionalGeneration"),
            ["d_ff"] = model.DFf,
            ["d_kv"] = model.DKv,
            ["d_model"] = model.DModel,
            ["decoder_start_token_id"] = 0,
            ["dense_act_fn"] = gated ? "gelu_new" : "relu",
            ["dropout_rate"] = model.Dropout,
            ["eos_token_id"] = 1,
            ["feed_forward_proj"] = gated ? Gated : "relu",
            ["initializer_factor"] = 1.0,
            ["is_encoder_decoder"] = true,
            ["is_gated_act"] = gated,
            ["layer_norm_epsilon"] = model.NormEpsilon,
            ["model_type"] = "t5",
            ["num_decoder_layers"] = model.DecoderLayers,
            ["num_heads"] = model.Heads,
            ["num_layers"] = model.EncoderLayers,
            ["pad_token_id"] = 0,
            ["relative_attention_max_distance"] = model.RelativeDistance,
            ["relative_attention_num_buckets"] = model.RelativeBuckets,
            ["tie_word_embeddings"] = model.TiedEmbeddings,
            ["torch_dtype"] = Word(type),
            ["use_cache"] = true,
            ["vocab_size"] = model.Vocabulary,
        }.ToJsonString(s_indented) + "\n";
    }

    /// <summary>A number that must be there.</summary>
    /// <exception cref="FormatException">It is not; the message is a clause.</exception>
    internal static int Whole(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            ? number
            : throw new FormatException($"it has no whole number {name}");

    // dense_act_fn and is_gated_act, where they are given, decide; feed_forward_proj stands for both.
    private static FeedForwardKind FormOf(JsonElement root)
    {
        var form = Text(root, "feed_forward_proj", "relu");
        var gated = root.TryGetProperty("is_gated_act", out var flag) ? flag.GetBoolean() : form.StartsWith("gated-", StringComparison.Ordinal);
        var activation = Text(root, "dense_act_fn", form == Gated ? "gelu_new" : form[(form.IndexOf('-', StringComparison.Ordinal) + 1)..]);
        return (gated, activation) switch
        {
            (false, "relu") => FeedForwardKind.Relu,
            (true, "gelu_new") => FeedForwardKind.GatedGelu,
            _ => throw new FormatException($"its feed-forward layer is {(gated ? "gated " : "")}{activation} (feed_forward_proj {form}); relu and gated gelu_new ({Gated}) are what can be computed"),
        };
    }

    // What would be computed otherwise here than there.
    private static void Refuse(JsonElement root)
    {
        if (Text(root, "model_type", "t5") is var type and not "t5")
        {
            throw new FormatException($"model_type is {type}, and t5 alone is read");
        }

        if (root.TryGetProperty("architectures", out var architectures) && architectures.ValueKind == JsonValueKind.Array
            && !architectures.EnumerateArray().Any(name => name.GetString() is "T5ForConditionalGeneration" or "T5WithLMHeadModel"))
        {
            throw new FormatException($"architectures is {architectures.GetRawText()}, and T5ForConditionalGeneration alone is read");
        }

        foreach (var (name, due) in new[] { ("pad_token_id", 0.0), ("eos_token_id", 1.0), ("decoder_start_token_id", 0.0), ("layer_norm_epsilon", ResolvedModel.T5NormEpsilon) })
        {
            if (root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() != due)
            {
                throw new FormatException($"{name} is {value.GetRawText()} where T5 has {due}");
            }
        }
    }

    private static string Word(TensorType type) => type switch { TensorType.BF16 => "bfloat16", TensorType.F16 => "float16", _ => "float32" };

    private static int Number(JsonElement root, string name, int otherwise) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : otherwise;

    private static string Text(JsonElement root, string name, string otherwise) =>
        root.TryGetProperty(name, out var value) && value.GetString() is { } text ? text : otherwise;
}
