using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;

namespace Orchestrator.Training.Model;

/// <summary>The weights of a T5 by name and shape, in Hugging Face's names and order.</summary>
/// <remarks>
/// A matrix is [out, in], as in torch.nn.Linear; a relative bias is [buckets, heads]. The projections that read the same input
/// (q, k, v of self-attention; k, v of cross-attention; the two halves of a gated layer) lie side by side, so that one product serves all.
/// </remarks>
public static class T5Parameters
{
    /// <summary>The embedding.</summary>
    public const string Embedding = "shared.weight";

    /// <summary>The output layer of a model whose embeddings are not tied.</summary>
    public const string Head = "lm_head.weight";

    /// <summary>All weights, a tied embedding once.</summary>
    public static IReadOnlyList<ParameterShape> Of(ResolvedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var shapes = new List<ParameterShape> { new(Embedding, [model.Vocabulary, model.DModel]) };
        AddStack(shapes, model, "encoder", model.EncoderLayers, decoder: false);
        AddStack(shapes, model, "decoder", model.DecoderLayers, decoder: true);
        if (!model.TiedEmbeddings)
        {
            shapes.Add(new(Head, [model.Vocabulary, model.DModel]));
        }

        return shapes;
    }

    private static void AddStack(List<ParameterShape> shapes, ResolvedModel model, string stack, int layers, bool decoder)
    {
        for (var block = 0; block < layers; block++)
        {
            var prefix = $"{stack}.block.{block}.layer.";
            AddAttention(shapes, model, prefix + "0.SelfAttention.", joinQuery: true);
            if (block == 0)
            {
                shapes.Add(new(prefix + "0.SelfAttention.relative_attention_bias.weight", [model.RelativeBuckets, model.Heads]));
            }

            shapes.Add(new(prefix + "0.layer_norm.weight", [model.DModel]));
            if (decoder)
            {
                AddAttention(shapes, model, prefix + "1.EncDecAttention.", joinQuery: false);
                shapes.Add(new(prefix + "1.layer_norm.weight", [model.DModel]));
            }

            AddFeedForward(shapes, model, prefix + (decoder ? "2." : "1."));
        }

        shapes.Add(new($"{stack}.final_layer_norm.weight", [model.DModel]));
    }

    private static void AddAttention(List<ParameterShape> shapes, ResolvedModel model, string prefix, bool joinQuery)
    {
        shapes.Add(new(prefix + "q.weight", [model.Inner, model.DModel]));
        shapes.Add(new(prefix + "k.weight", [model.Inner, model.DModel], JoinsPrevious: joinQuery));
        shapes.Add(new(prefix + "v.weight", [model.Inner, model.DModel], JoinsPrevious: true));
        shapes.Add(new(prefix + "o.weight", [model.DModel, model.Inner]));
    }

    private static void AddFeedForward(List<ParameterShape> shapes, ResolvedModel model, string prefix)
    {
        if (model.FeedForward == FeedForwardKind.GatedGelu)
        {
            shapes.Add(new(prefix + "DenseReluDense.wi_0.weight", [model.DFf, model.DModel]));
            shapes.Add(new(prefix + "DenseReluDense.wi_1.weight", [model.DFf, model.DModel], JoinsPrevious: true));
        }
        else
        {
            shapes.Add(new(prefix + "DenseReluDense.wi.weight", [model.DFf, model.DModel]));
        }

        shapes.Add(new(prefix + "DenseReluDense.wo.weight", [model.DModel, model.DFf]));
        shapes.Add(new(prefix + "layer_norm.weight", [model.DModel]));
    }
}
