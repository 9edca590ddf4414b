namespace Orchestrator.Core.Specs;

/// <summary>A matrix that a low-rank update can adapt.</summary>
/// <param name="Name">Its weight's name.</param>
/// <param name="SmallerSide">The highest rank that an update can have; of an output layer, whose rows depend on a vocabulary, its width.</param>
public sealed record AdaptableMatrix(string Name, long SmallerSide);

/// <summary>The matrices of a model that low-rank updates can adapt, as far as they are known without its vocabulary.</summary>
/// <remarks>What makes the weights knows them too; a test holds the two against each other.</remarks>
public static class AdaptableMatrices
{
    /// <summary>The matrices of a model, in no particular order.</summary>
    public static IReadOnlyList<AdaptableMatrix> Of(ModelSpec model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Family switch
        {
            ModelFamily.T5 => [.. T5(model)],
            ModelFamily.Gpt => [.. Gpt(model)],
            _ => [.. Bert(model)],
        };
    }

    /// <summary>What is adapted where nothing is said: queries and values, with keys where they are one matrix.</summary>
    public static SpecList<string> Attention(ModelSpec model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model switch
        {
            { Family: ModelFamily.T5 } => ["q", "v"],
            { Family: ModelFamily.Bert } => ["query", "value"],
            { Positions: PositionKind.Rotary } => ["query_key_value"],
            _ => ["c_attn"],
        };
    }

    /// <summary>The last parts of the matrices' names, which a target may be.</summary>
    public static IReadOnlyList<string> EndsOf(ModelSpec model) =>
        [.. Of(model).Select(matrix => matrix.Name.Split('.')[^2]).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<AdaptableMatrix> T5(ModelSpec model)
    {
        var attention = Math.Min(model.Heads * (long)model.DKv, model.DModel);
        var feedForward = Math.Min(model.DFf, model.DModel);
        string[] up = model.FeedForward == FeedForwardKind.GatedGelu ? ["wi_0", "wi_1"] : ["wi"];
        foreach (var (stack, layers, sublayers) in new (string, int, string[])[]
            { ("encoder", model.EncoderLayers, ["0.SelfAttention"]), ("decoder", model.DecoderLayers, ["0.SelfAttention", "1.EncDecAttention"]) })
        {
            for (var block = 0; block < layers; block++)
            {
                var prefix = $"{stack}.block.{block}.layer.";
                foreach (var name in sublayers.SelectMany(_ => (string[])["q", "k", "v", "o"], (sublayer, part) => $"{prefix}{sublayer}.{part}.weight"))
                {
                    yield return new AdaptableMatrix(name, attention);
                }

                foreach (var part in (string[])[.. up, "wo"])
                {
                    yield return new AdaptableMatrix($"{prefix}{sublayers.Length}.DenseReluDense.{part}.weight", feedForward);
                }
            }
        }

        if (!model.TiedEmbeddings)
        {
            yield return new AdaptableMatrix("lm_head.weight", model.DModel);
        }
    }

    private static IEnumerable<AdaptableMatrix> Gpt(ModelSpec model)
    {
        var rotary = model.Positions == PositionKind.Rotary;
        var blocks = rotary ? "gpt_neox.layers." : "transformer.h.";
        string[] attention = rotary ? ["attention.query_key_value", "attention.dense"] : ["attn.c_attn", "attn.c_proj"];
        string[] feedForward = rotary ? ["mlp.dense_h_to_4h", "mlp.dense_4h_to_h"] : ["mlp.c_fc", "mlp.c_proj"];
        foreach (var matrix in Blocks(model.DecoderLayers, blocks, attention, feedForward, model))
        {
            yield return matrix;
        }

        if (!model.TiedEmbeddings)
        {
            yield return new AdaptableMatrix(rotary ? "embed_out.weight" : "lm_head.weight", model.DModel);
        }
    }

    private static IEnumerable<AdaptableMatrix> Bert(ModelSpec model) =>
    [
        .. Blocks(
            model.EncoderLayers, "bert.encoder.layer.",
            ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"], ["intermediate.dense", "output.dense"], model),
        new AdaptableMatrix("cls.predictions.transform.dense.weight", model.DModel),
    ];

    private static IEnumerable<AdaptableMatrix> Blocks(int layers, string blocks, string[] attention, string[] feedForward, ModelSpec model) =>
        from block in Enumerable.Range(0, layers)
        from matrix in attention.Select(part => (Part: part, Side: model.DModel)).Concat(feedForward.Select(part => (Part: part, Side: Math.Min(model.DModel, model.DFf))))
        select new AdaptableMatrix($"{blocks}{block}.{matrix.Part}.weight", matrix.Side);
}
