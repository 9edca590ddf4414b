using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;

namespace Orchestrator.Training.Model;

/// <summary>Puts a T5's stacks together over their weights.</summary>
internal static class T5Parts
{
    /// <summary>The encoder or the decoder.</summary>
    public static Stack Stack(FlatParameters parameters, string name, ResolvedModel model, bool decoder)
    {
        var bias = new RelativeBias(parameters, $"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight", model, bidirectional: !decoder);
        var blocks = Enumerable.Range(0, decoder ? model.DecoderLayers : model.EncoderLayers).Select(number =>
        {
            var prefix = $"{name}.block.{number}.layer.";
            return new Stack.Block(
                Self(parameters, prefix + "0.", model),
                decoder ? Cross(parameters, prefix + "1.", model) : null,
                FeedForward(parameters, prefix + (decoder ? "2." : "1."), model));
        });
        return new Stack(model, causal: decoder, [.. blocks], bias, null, Norm(parameters, $"{name}.final_layer_norm.weight", model));
    }

    private static SelfAttention Self(FlatParameters parameters, string prefix, ResolvedModel model)
    {
        var qkv = new Linear(new Weight(parameters, prefix + "SelfAttention.q.weight", prefix + "SelfAttention.v.weight"));
        return new SelfAttention(Frame(parameters, prefix, "SelfAttention.o.weight", model), qkv, HeadLayout.ByKind(model.Heads, model.DKv));
    }

    private static CrossAttention Cross(FlatParameters parameters, string prefix, ResolvedModel model)
    {
        var q = new Linear(new Weight(parameters, prefix + "EncDecAttention.q.weight"));
        var kv = new Linear(new Weight(parameters, prefix + "EncDecAttention.k.weight", prefix + "EncDecAttention.v.weight"));
        return new CrossAttention(Frame(parameters, prefix, "EncDecAttention.o.weight", model), q, kv);
    }

    private static FeedForward FeedForward(FlatParameters parameters, string prefix, ResolvedModel model)
    {
        var input = model.FeedForward == FeedForwardKind.GatedGelu
            ? new Weight(parameters, prefix + "DenseReluDense.wi_0.weight", prefix + "DenseReluDense.wi_1.weight")
            : new Weight(parameters, prefix + "DenseReluDense.wi.weight");
        return new FeedForward(Frame(parameters, prefix, "DenseReluDense.wo.weight", model), new Linear(input), model.FeedForward);
    }

    private static ResidualFrame Frame(FlatParameters parameters, string prefix, string output, ResolvedModel model) =>
        new(Norm(parameters, prefix + "layer_norm.weight", model), new Linear(new Weight(parameters, prefix + output)));

    private static Norm Norm(FlatParameters parameters, string name, ResolvedModel model) => new(parameters, model.NormEpsilon, name);
}
