using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Model;

/// <summary>Under which names Hugging Face folders may hold a weight, and what else they may hold.</summary>
public static class WeightAliases
{
    /// <summary>The names of a weight, its own first; several where it is used in several places.</summary>
    /// <param name="model">The shapes.</param>
    /// <param name="name">The weight's name.</param>
    public static IReadOnlyList<string> Of(ResolvedModel model, string name)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Family switch
        {
            ModelFamily.T5 when name == T5Parameters.Embedding =>
                [name, "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", .. model.TiedEmbeddings ? [T5Parameters.Head] : Array.Empty<string>()],
            ModelFamily.Gpt when name == GptNames.Of(model).Embedding && model.TiedEmbeddings => [name, GptNames.Of(model).Head],
            ModelFamily.Bert when name == BertParameters.Embedding => [name, "cls.predictions.decoder.weight"],
            ModelFamily.Bert when name == BertParameters.HeadBias => [name, "cls.predictions.decoder.bias"],
            _ => [name],
        };
    }

    /// <summary>
    /// Whether a name is of something that such folders hold and that nothing here reads: a T5's relative bias of cross-attention in old checkpoints,
    /// a decoder's constants, a BERT's pooler and next-sentence head.
    /// </summary>
    /// <param name="model">The shapes.</param>
    /// <param name="name">A stored tensor's name.</param>
    public static bool IsPassedOver(ResolvedModel model, string name)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(name);
        return model.Family switch
        {
            ModelFamily.T5 => name == "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
            ModelFamily.Gpt => EndsWithAny(name, ".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias"),
            _ => name == "bert.embeddings.position_ids"
                || name.StartsWith("bert.pooler.", StringComparison.Ordinal) || name.StartsWith("cls.seq_relationship.", StringComparison.Ordinal),
        };
    }

    private static bool EndsWithAny(string name, params ReadOnlySpan<string> ends)
    {
        foreach (var end in ends)
        {
            if (name.EndsWith(end, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
