using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;

namespace Orchestrator.Training.Model;

/// <summary>Puts a decoder together over its weights.</summary>
internal static class GptParts
{
    /// <summary>The tokens' and, where they are learned, the positions' embedding.</summary>
    public static Embedding Embedding(FlatParameters parameters, ResolvedModel model)
    {
        var names = GptNames.Of(model);
        return new Embedding(
            new Weight(parameters, names.Embedding), model.Positions == PositionKind.Learned ? new Weight(parameters, names.Positions) : null);
    }

    /// <summary>The blocks.</summary>
    public static Stack Stack(FlatParameters parameters, ResolvedModel model)
    {
        var names = GptNames.Of(model);
        var rotary = model.Positions == PositionKind.Rotary ? new Rotary(model.RotaryWidth, model.RotaryBase) : null;
        var layout = model.Positions == PositionKind.Rotary ? HeadLayout.ByHead(model.DKv) : HeadLayout.ByKind(model.Heads, model.DKv);
        var blocks = Enumerable.Range(0, model.DecoderLayers).Select(number =>
        {
            var prefix = names.Block(number);
            ResidualFrame Frame(string norm, string output) => new(Norm(parameters, prefix + norm, model), Linear(parameters, prefix + output, names));
            return new Stack.Block(
                new SelfAttention(Frame(names.AttentionNorm, names.AttentionOutput), Linear(parameters, prefix + names.Qkv, names), layout, rotary),
                null,
                new FeedForward(Frame(names.FeedForwardNorm, names.Down), Linear(parameters, prefix + names.Up, names), model.FeedForward));
        });
        return new Stack(model, causal: true, [.. blocks], null, rotary, Norm(parameters, names.FinalNorm, model));
    }

    /// <summary>The output layer.</summary>
    public static OutputLayer Head(FlatParameters parameters, ResolvedModel model)
    {
        var names = GptNames.Of(model);
        return new OutputLayer(new Linear(new Weight(parameters, model.TiedEmbeddings ? names.Embedding : names.Head)), model.Vocabulary);
    }

    private static Linear Linear(FlatParameters parameters, string name, GptNames names) =>
        new(new Weight(parameters, name + ".weight", names.Transposed), new Weight(parameters, name + ".bias"));

    private static Norm Norm(FlatParameters parameters, string name, ResolvedModel model) =>
        new(parameters, model.NormEpsilon, name + ".weight", name + ".bias");
}
