using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;

namespace Orchestrator.Training.Model;

/// <summary>The weights of an encoder by name and shape, in the names of Hugging Face's BertForMaskedLM; its output layer is the embedding.</summary>
public static class BertParameters
{
    /// <summary>The tokens' embedding.</summary>
    public const string Embedding = "bert.embeddings.word_embeddings.weight";

    /// <summary>The positions' embedding, where they are learned.</summary>
    public const string Positions = "bert.embeddings.position_embeddings.weight";

    /// <summary>The token types' embedding, where there is one.</summary>
    public const string Types = "bert.embeddings.token_type_embeddings.weight";

    /// <summary>The output layer's bias.</summary>
    public const string HeadBias = "cls.predictions.bias";

    /// <summary>All weights, the embedding once. Queries', keys' and values' weights lie side by side, and so do their biases.</summary>
    public static IReadOnlyList<ParameterShape> Of(ResolvedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var d = (long)model.DModel;
        var shapes = new List<ParameterShape> { new(Embedding, [model.Vocabulary, d]) };
        if (model.Positions == PositionKind.Learned)
        {
            shapes.Add(new(Positions, [model.MaxLength, d]));
        }

        if (model.TokenTypes > 0)
        {
            shapes.Add(new(Types, [model.TokenTypes, d]));
        }

        AddPair(shapes, "bert.embeddings.LayerNorm", [d], d);
        for (var block = 0; block < model.EncoderLayers; block++)
        {
            AddBlock(shapes, $"bert.encoder.layer.{block}.", model);
        }

        AddPair(shapes, "cls.predictions.transform.dense", [d, d], d);
        AddPair(shapes, "cls.predictions.transform.LayerNorm", [d], d);
        shapes.Add(new(HeadBias, [model.Vocabulary]));
        return shapes;
    }

    private static void AddBlock(List<ParameterShape> shapes, string prefix, ResolvedModel model)
    {
        var d = (long)model.DModel;
        foreach (var (kind, shape) in new[] { ("weight", new[] { d, d }), ("bias", [d]) })
        {
            shapes.Add(new($"{prefix}attention.self.query.{kind}", shape));
            shapes.Add(new($"{prefix}attention.self.key.{kind}", shape, JoinsPrevious: true));
            shapes.Add(new($"{prefix}attention.self.value.{kind}", shape, JoinsPrevious: true));
        }

        AddPair(shapes, prefix + "attention.output.dense", [d, d], d);
        AddPair(shapes, prefix + "attention.output.LayerNorm", [d], d);
        AddPair(shapes, prefix + "intermediate.dense", [model.DFf, d], model.DFf);
        AddPair(shapes, prefix + "output.dense", [d, model.DFf], d);
        AddPair(shapes, prefix + "output.LayerNorm", [d], d);
    }

    private static void AddPair(List<ParameterShape> shapes, string name, long[] weight, long bias)
    {
        shapes.Add(new(name + ".weight", weight));
        shapes.Add(new(name + ".bias", [bias]));
    }
}
