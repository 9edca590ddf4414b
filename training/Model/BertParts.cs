using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;

namespace Orchestrator.Training.Model;

/// <summary>Puts an encoder together over its weights.</summary>
internal static class BertParts
{
    /// <summary>The sum of the embeddings, normalised.</summary>
    public static Embedding Embedding(FlatParameters parameters, ResolvedModel model) => new(
        new Weight(parameters, BertParameters.Embedding),
        model.Positions == PositionKind.Learned ? new Weight(parameters, BertParameters.Positions) : null,
        model.TokenTypes > 0 ? new Weight(parameters, BertParameters.Types) : null,
        Norm(parameters, "bert.embeddings.LayerNorm", model));

    /// <summary>The blocks, their norms after the residual sums.</summary>
    public static Stack Stack(FlatParameters parameters, ResolvedModel model)
    {
        var rotary = model.Positions == PositionKind.Rotary ? new Rotary(model.RotaryWidth, model.RotaryBase) : null;
        var layout = HeadLayout.ByKind(model.Heads, model.DKv);
        var blocks = Enumerable.Range(0, model.EncoderLayers).Select(number =>
        {
            var prefix = $"bert.encoder.layer.{number}.";
            ResidualFrame Frame(string name) =>
                new(Norm(parameters, $"{prefix}{name}.LayerNorm", model), Linear(parameters, $"{prefix}{name}.dense"), normAfter: true);
            var self = prefix + "attention.self.";
            var qkv = new Linear(
                new Weight(parameters, self + "query.weight", self + "value.weight"), new Weight(parameters, self + "query.bias", self + "value.bias"));
            return new Stack.Block(
                new SelfAttention(Frame("attention.output"), qkv, layout, rotary),
                null,
                new FeedForward(Frame("output"), Linear(parameters, prefix + "intermediate.dense"), model.FeedForward));
        });
        return new Stack(model, causal: false, [.. blocks], null, rotary, null);
    }

    /// <summary>The masked head: dense, gelu, norm, and the embedding with a bias.</summary>
    public static OutputLayer Head(FlatParameters parameters, ResolvedModel model)
    {
        var transform = new HeadTransform(
            Linear(parameters, "cls.predictions.transform.dense"),
            Norm(parameters, "cls.predictions.transform.LayerNorm", model),
            model.FeedForward == FeedForwardKind.GeluErf);
        var output = new Linear(new Weight(parameters, BertParameters.Embedding), new Weight(parameters, BertParameters.HeadBias));
        return new OutputLayer(output, model.Vocabulary, transform: transform);
    }

    private static Linear Linear(FlatParameters parameters, string name) =>
        new(new Weight(parameters, name + ".weight"), new Weight(parameters, name + ".bias"));

    private static Norm Norm(FlatParameters parameters, string name, ResolvedModel model) =>
        new(parameters, model.NormEpsilon, name + ".weight", name + ".bias");
}
