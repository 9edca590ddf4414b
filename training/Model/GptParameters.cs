using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;

namespace Orchestrator.Training.Model;

/// <summary>The weights of a decoder by name and shape.</summary>
/// <remarks>
/// With rotary positions the names, shapes and order within a matrix are those of Hugging Face's GPTNeoXForCausalLM without its parallel residual, which is
/// GPT-2 with rotary positions; with learned ones those of GPT2LMHeadModel, whose matrices are stored as [in, out].
/// </remarks>
public static class GptParameters
{
    /// <summary>All weights, a tied embedding once.</summary>
    public static IReadOnlyList<ParameterShape> Of(ResolvedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var names = GptNames.Of(model);
        var d = (long)model.DModel;
        var shapes = new List<ParameterShape> { new(names.Embedding, [model.Vocabulary, d]) };
        if (model.Positions == PositionKind.Learned)
        {
            shapes.Add(new(names.Positions, [model.MaxLength, d]));
        }

        for (var block = 0; block < model.DecoderLayers; block++)
        {
            var prefix = names.Block(block);
            AddNorm(shapes, prefix + names.AttentionNorm, d);
            AddLinear(shapes, names, prefix + names.Qkv, 3 * d, d);
            AddLinear(shapes, names, prefix + names.AttentionOutput, d, d);
            AddNorm(shapes, prefix + names.FeedForwardNorm, d);
            AddLinear(shapes, names, prefix + names.Up, model.DFf, d);
            AddLinear(shapes, names, prefix + names.Down, d, model.DFf);
        }

        AddNorm(shapes, names.FinalNorm, d);
        if (!model.TiedEmbeddings)
        {
            shapes.Add(new(names.Head, [model.Vocabulary, d]));
        }

        return shapes;
    }

    private static void AddNorm(List<ParameterShape> shapes, string name, long width)
    {
        shapes.Add(new(name + ".weight", [width]));
        shapes.Add(new(name + ".bias", [width]));
    }

    private static void AddLinear(List<ParameterShape> shapes, GptNames names, string name, long outputs, long inputs)
    {
        shapes.Add(new(name + ".weight", names.Transposed ? [inputs, outputs] : [outputs, inputs]));
        shapes.Add(new(name + ".bias", [outputs]));
    }
}
