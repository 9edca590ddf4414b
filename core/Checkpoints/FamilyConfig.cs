using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Checkpoints;

/// <summary>The <c>config.json</c> of a decoder (GPTNeoXForCausalLM without parallel residual, or GPT2LMHeadModel) or encoder (BertForMaskedLM).</summary>
/// <remarks>An encoder with rotary positions has no class in Hugging Face transformers; its file says <c>rotary</c> as the kind of its position embedding.</remarks>
internal static class FamilyConfig
{
    private const string NeoX = "gpt_neox";
    private const string Gpt2 = "gpt2";
    private const string Bert = "bert";

    /// <summary>The shapes that a file names, or null if it is of another kind of model.</summary>
    /// <exception cref="FormatException">It asks for what these models do not have.</exception>
    public static ResolvedModel? Parse(JsonElement root) => Text(root, "model_type", "") switch
    {
        NeoX => ParseNeoX(root),
        Gpt2 => ParseGpt2(root),
        Bert => ParseBert(root),
        _ => null,
    };

    /// <summary>The file's content for these shapes.</summary>
    /// <param name="model">The shapes.</param>
    /// <param name="type">The number format of the weights beside it.</param>
    public static JsonObject Write(ResolvedModel model, string type)
    {
        var content = model switch
        {
            { Family: ModelFamily.Bert } => WriteBert(model),
            { Positions: PositionKind.Rotary } => WriteNeoX(model),
            _ => WriteGpt2(model),
        };
        content["initializer_range"] = 0.02;
        content["pad_token_id"] = 0;
        content["tie_word_embeddings"] = model.TiedEmbeddings;
        content["torch_dtype"] = type;
        content["vocab_size"] = model.Vocabulary;
        return content;
    }

    private static ResolvedModel ParseNeoX(JsonElement root)
    {
        if (!root.TryGetProperty("use_parallel_residual", out var parallel) || parallel.GetBoolean())
        {
            throw new FormatException("use_parallel_residual must be false: attention and feed-forward layer follow each other here");
        }

        var model = Of(root, ModelFamily.Gpt, "hidden_size", "num_attention_heads", "num_hidden_layers", "hidden_act", "layer_norm_eps", "hidden_dropout");
        return model with
        {
            DFf = HuggingFaceConfig.Whole(root, "intermediate_size"),
            TiedEmbeddings = root.TryGetProperty("tie_word_embeddings", out var tied) && tied.GetBoolean(),
            Positions = PositionKind.Rotary,
            RotaryWidth = (int)(model.DKv * Real(root, "rotary_pct", 0.25)),
            RotaryBase = Real(root, "rotary_emb_base", 10000.0),
            MaxLength = HuggingFaceConfig.Whole(root, "max_position_embeddings"),
        };
    }

    private static JsonObject WriteNeoX(ResolvedModel model) => new()
    {
        ["architectures"] = new JsonArray("GPTNeoXForCausalLM"),
        ["attention_dropout"] = model.Dropout,
        ["bos_token_id"] = 0,
        ["eos_token_id"] = 1,
        ["hidden_act"] = Activation(model),
        ["hidden_dropout"] = model.Dropout,
        ["hidden_size"] = model.DModel,
        ["intermediate_size"] = model.DFf,
        ["layer_norm_eps"] = model.NormEpsilon,
        ["max_position_embeddings"] = model.MaxLength,
        ["model_type"] = NeoX,
        ["num_attention_heads"] = model.Heads,
        ["num_hidden_layers"] = model.DecoderLayers,
        ["rotary_emb_base"] = model.RotaryBase,
        ["rotary_pct"] = (double)model.RotaryWidth / model.DKv,
        ["use_parallel_residual"] = false,
    };

    private static ResolvedModel ParseGpt2(JsonElement root)
    {
        var model = Of(root, ModelFamily.Gpt, "n_embd", "n_head", "n_layer", "activation_function", "layer_norm_epsilon", "resid_pdrop");
        return model with
        {
            DFf = root.TryGetProperty("n_inner", out var inner) && inner.ValueKind == JsonValueKind.Number ? inner.GetInt32() : 4 * model.DModel,
            TiedEmbeddings = !root.TryGetProperty("tie_word_embeddings", out var tied) || tied.GetBoolean(),
            Positions = PositionKind.Learned,
            MaxLength = HuggingFaceConfig.Whole(root, "n_positions"),
        };
    }

    private static JsonObject WriteGpt2(ResolvedModel model) => new()
    {
        ["activation_function"] = Activation(model),
        ["architectures"] = new JsonArray("GPT2LMHeadModel"),
        ["attn_pdrop"] = model.Dropout,
        ["bos_token_id"] = 0,
        ["embd_pdrop"] = model.Dropout,
        ["eos_token_id"] = 1,
        ["layer_norm_epsilon"] = model.NormEpsilon,
        ["model_type"] = Gpt2,
        ["n_embd"] = model.DModel,
        ["n_head"] = model.Heads,
        ["n_inner"] = model.DFf,
        ["n_layer"] = model.DecoderLayers,
        ["n_positions"] = model.MaxLength,
        ["resid_pdrop"] = model.Dropout,
    };

    private static ResolvedModel ParseBert(JsonElement root)
    {
        var model = Of(
            root, ModelFamily.Bert, "hidden_size", "num_attention_heads", "num_hidden_layers", "hidden_act", "layer_norm_eps", "hidden_dropout_prob");
        var positions = Text(root, "position_embedding_type", "absolute");
        if (positions is not ("absolute" or "rotary"))
        {
            throw new FormatException($"position_embedding_type must be absolute or rotary, was {positions}");
        }

        var rotary = positions == "rotary";
        return model with
        {
            DFf = HuggingFaceConfig.Whole(root, "intermediate_size"),
            TiedEmbeddings = true,
            Positions = rotary ? PositionKind.Rotary : PositionKind.Learned,
            RotaryWidth = rotary ? (int)(model.DKv * Real(root, "rotary_pct", 0.25)) : 0,
            RotaryBase = rotary ? Real(root, "rotary_emb_base", 10000.0) : 0.0,
            MaxLength = HuggingFaceConfig.Whole(root, "max_position_embeddings"),
            TokenTypes = root.TryGetProperty("type_vocab_size", out var types) ? types.GetInt32() : 2,
        };
    }

    private static JsonObject WriteBert(ResolvedModel model)
    {
        var content = new JsonObject
        {
            ["architectures"] = new JsonArray("BertForMaskedLM"),
            ["attention_probs_dropout_prob"] = model.Dropout,
            ["hidden_act"] = Activation(model),
            ["hidden_dropout_prob"] = model.Dropout,
            ["hidden_size"] = model.DModel,
            ["intermediate_size"] = model.DFf,
            ["layer_norm_eps"] = model.NormEpsilon,
            ["max_position_embeddings"] = model.MaxLength,
            ["model_type"] = Bert,
            ["num_attention_heads"] = model.Heads,
            ["num_hidden_layers"] = model.EncoderLayers,
            ["position_embedding_type"] = model.Positions == PositionKind.Rotary ? "rotary" : "absolute",
            ["type_vocab_size"] = model.TokenTypes,
        };
        if (model.Positions == PositionKind.Rotary)
        {
            content["rotary_emb_base"] = model.RotaryBase;
            content["rotary_pct"] = (double)model.RotaryWidth / model.DKv;
        }

        return content;
    }

    // What all have, under the names that each has for it.
    private static ResolvedModel Of(JsonElement root, ModelFamily family, string width, string heads, string layers, string activation, string epsilon, string dropout)
    {
        var (d, h, n) = (HuggingFaceConfig.Whole(root, width), HuggingFaceConfig.Whole(root, heads), HuggingFaceConfig.Whole(root, layers));
        if (h < 1 || d % h != 0)
        {
            throw new FormatException($"{width}, {d}, must be a multiple of {heads}, {h}");
        }

        var form = Text(root, activation, "gelu") switch
        {
            "gelu" => FeedForwardKind.GeluErf,
            "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" => FeedForwardKind.Gelu,
            var other => throw new FormatException($"{activation} must be gelu or gelu_new, was {other}"),
        };
        var decoder = family == ModelFamily.Gpt;
        return new ResolvedModel(
            HuggingFaceConfig.Whole(root, "vocab_size"), d, 0, d / h, h, decoder ? 0 : n, decoder ? n : 0, form, TiedEmbeddings: true,
            RelativeBuckets: 0, RelativeDistance: 0, Real(root, dropout, decoder ? 0.0 : 0.1))
        {
            Family = family,
            NormEpsilon = Real(root, epsilon, decoder ? ResolvedModel.GptNormEpsilon : ResolvedModel.BertNormEpsilon),
        };
    }

    private static string Activation(ResolvedModel model) => model.FeedForward == FeedForwardKind.Gelu ? "gelu_new" : "gelu";

    private static double Real(JsonElement root, string name, double otherwise) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : otherwise;

    private static string Text(JsonElement root, string name, string otherwise) =>
        root.TryGetProperty(name, out var value) && value.GetString() is { } text ? text : otherwise;
}
