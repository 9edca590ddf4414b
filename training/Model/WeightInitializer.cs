using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Model;

/// <summary>Initial weights: each value a function of the seed, its weight's name and its place.</summary>
/// <remarks>
/// T5: as T5X (network.py, layers.py): embedding N(0, 1); q N(0, 1/(D E)), which holds the attention's missing 1/sqrt(E); k, v N(0, 1/D);
/// o N(0, 1/(H E)); feed-forward and output layer truncated normal with variance 1/fan-in; relative bias uniform, fan-average; norms 1.
/// GPT-2 (Radford et al. 2019): N(0, 0.02²), the layers that end a residual branch / sqrt(number of branches). BERT (Devlin et al. 2018): N(0, 0.02²)
/// without what is beyond two deviations. In both biases are 0 and norms 1.
/// </remarks>
internal static class WeightInitializer
{
    /// <summary>Standard deviation of a normal number truncated at two.</summary>
    private const double TruncatedDeviation = 0.87962566103423978;

    /// <summary>Standard deviation of GPT-2's and BERT's initial weights.</summary>
    private const double OthersDeviation = 0.02;

    private const int Chunk = 1 << 14;

    /// <summary>Fills one weight.</summary>
    /// <param name="model">The model's shapes.</param>
    /// <param name="name">The weight's name.</param>
    /// <param name="shape">Its dimensions.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="values">The weight's memory.</param>
    public static unsafe void Fill(ResolvedModel model, string name, ReadOnlySpan<long> shape, long seed, float* values)
    {
        var random = new CounterRandom(seed, name);
        long count = 1;
        foreach (var dimension in shape)
        {
            count *= dimension;
        }

        var draw = Distribution(model, name, shape, random);
        Parallel.For(0L, (count + Chunk - 1) / Chunk, chunk =>
        {
            for (var i = chunk * Chunk; i < Math.Min(count, (chunk + 1) * Chunk); i++)
            {
                values[i] = (float)draw((ulong)i);
            }
        });
    }

    private static Func<ulong, double> Distribution(ResolvedModel model, string name, ReadOnlySpan<long> shape, CounterRandom random)
    {
        if (LowRankShape.IsUp(name))
        {
            return static _ => 0.0;
        }

        if (LowRankShape.IsDown(name))
        {
            var spread = 1.0 / shape[0];
            return i => spread * random.Normal(i);
        }

        return model.Family == ModelFamily.T5 ? OfT5(model, name, shape, random) : OfOthers(model, name, shape, random);
    }

    private static Func<ulong, double> OfOthers(ResolvedModel model, string name, ReadOnlySpan<long> shape, CounterRandom random)
    {
        if (shape.Length == 1)
        {
            var value = name.EndsWith(".weight", StringComparison.Ordinal) ? 1.0 : 0.0;
            return _ => value;
        }

        if (model.Family == ModelFamily.Bert)
        {
            return i => OthersDeviation * random.TruncatedNormal(i);
        }

        var names = GptNames.Of(model);
        var endsBranch = name.EndsWith(names.AttentionOutput + ".weight", StringComparison.Ordinal) || name.EndsWith(names.Down + ".weight", StringComparison.Ordinal);
        var deviation = endsBranch ? OthersDeviation / Math.Sqrt(2.0 * model.DecoderLayers) : OthersDeviation;
        return i => deviation * random.Normal(i);
    }

    private static Func<ulong, double> OfT5(ResolvedModel model, string name, ReadOnlySpan<long> shape, CounterRandom random)
    {
        var parts = name.Split('.');
        var deviation = parts[^2] switch
        {
            "shared" => 1.0,
            "q" => Math.Sqrt(1.0 / ((double)model.DModel * model.DKv)),
            "k" or "v" => Math.Sqrt(1.0 / model.DModel),
            "o" => Math.Sqrt(1.0 / model.Inner),
            _ => 0.0,
        };
        if (deviation > 0.0)
        {
            return i => deviation * random.Normal(i);
        }

        switch (parts[^2])
        {
            case "relative_attention_bias":
                var limit = Math.Sqrt(6.0 / (shape[0] + shape[1]));
                return i => limit * ((2.0 * random.Uniform(i)) - 1.0);
            case "wi" or "wi_0" or "wi_1" or "wo" or "lm_head":
                var scale = Math.Sqrt(1.0 / shape[1]) / TruncatedDeviation;
                return i => scale * random.TruncatedNormal(i);
            case "layer_norm" or "final_layer_norm":
                return _ => 1.0;
            default:
                throw new ArgumentException($"no initial values are known for a weight named '{name}'", nameof(name));
        }
    }
}
