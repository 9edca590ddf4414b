using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Model;

/// <summary>What a decoder's weights are called.</summary>
/// <param name="Embedding">The tokens' embedding.</param>
/// <param name="Positions">The positions' embedding, where they are learned.</param>
/// <param name="Blocks">What the blocks' numbers follow.</param>
/// <param name="AttentionNorm">In a block, without ".weight", as all that follow.</param>
/// <param name="Qkv">Queries', keys' and values' projection.</param>
/// <param name="AttentionOutput">Attention's output layer.</param>
/// <param name="FeedForwardNorm">The second norm.</param>
/// <param name="Up">Into the feed-forward layer's hidden values.</param>
/// <param name="Down">Out of them.</param>
/// <param name="FinalNorm">The norm after the blocks.</param>
/// <param name="Head">The output layer's weight, where it is not the embedding.</param>
/// <param name="Transposed">Whether matrices are stored as [in, out].</param>
internal sealed record GptNames(
    string Embedding,
    string Positions,
    string Blocks,
    string AttentionNorm,
    string Qkv,
    string AttentionOutput,
    string FeedForwardNorm,
    string Up,
    string Down,
    string FinalNorm,
    string Head,
    bool Transposed)
{
    private static readonly GptNames s_neoX = new(
        "gpt_neox.embed_in.weight", "", "gpt_neox.layers.", "input_layernorm", "attention.query_key_value", "attention.dense",
        "post_attention_layernorm", "mlp.dense_h_to_4h", "mlp.dense_4h_to_h", "gpt_neox.final_layer_norm", "embed_out.weight", Transposed: false);

    private static readonly GptNames s_gpt2 = new(
        "transformer.wte.weight", "transformer.wpe.weight", "transformer.h.", "ln_1", "attn.c_attn", "attn.c_proj",
        "ln_2", "mlp.c_fc", "mlp.c_proj", "transformer.ln_f", "lm_head.weight", Transposed: true);

    /// <summary>The names of a model.</summary>
    public static GptNames Of(ResolvedModel model) => model.Positions == PositionKind.Rotary ? s_neoX : s_gpt2;

    /// <summary>What the names of a block begin with.</summary>
    public string Block(int number) => $"{Blocks}{number}.";
}
