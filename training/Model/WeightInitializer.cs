using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Model;

/// <summary>A T5's initial weights: each value a function of the seed, its weight's name and its place.</summary>
/// <remarks>
/// As T5X (network.py, layers.py): embedding N(0, 1); q N(0, 1/(D E)), which holds the attention's missing 1/sqrt(E); k, v N(0, 1/D);
/// o N(0, 1/(H E)); feed-forward and output layer truncated normal with variance 1/fan-in; relative bias uniform, fan-average; norms 1.
/// </remarks>
internal static class WeightInitializer
{
    /// <summary>Standard deviation of a normal number truncated at two.</summary>
    private const double TruncatedDeviation = 0.87962566103423978;

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
