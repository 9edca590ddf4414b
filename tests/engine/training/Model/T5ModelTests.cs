using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Model;
using Xunit;

namespace Orchestrator.Tests.Training.Model;

public sealed class T5ModelTests
{
    private static readonly ResolvedModel Tiny = new(
        Vocabulary: 96, DModel: 32, DFf: 48, DKv: 8, Heads: 4, EncoderLayers: 2, DecoderLayers: 2, FeedForwardKind.GatedGelu,
        TiedEmbeddings: false, RelativeBuckets: 8, RelativeDistance: 16, Dropout: 0.0);

    [Theory]
    [InlineData("t5-small", 60_506_624)]
    [InlineData("t5-base", 222_903_552)]
    [InlineData("t5-large", 737_668_096)]
    [InlineData("t5-3b", 2_851_598_336)]
    [InlineData("t5-11b", 11_307_321_344)]
    [InlineData("t5-v1_1-small", 76_961_152)]
    [InlineData("t5-v1_1-base", 247_577_856)]
    [InlineData("t5-v1_1-large", 783_150_080)]
    [InlineData("t5-v1_1-xl", 2_849_757_184)]
    [InlineData("t5-v1_1-xxl", 11_135_332_352)]
    public void A_published_size_has_the_published_number_of_parameters(string preset, long expected)
    {
        var shape = ResolvedModel.From(ModelPresets.Find(preset)!, corpusVocabulary: 32_100);

        Assert.Equal(expected, T5Parameters.Of(shape).Sum(parameter => parameter.Count));
    }

    [Fact]
    public void Parameters_have_the_names_of_Hugging_Face()
    {
        using var golden = GoldenTensors.Open("t5_v11_tiny/model.safetensors");
        using var model = new T5Model(HuggingFaceConfig.Read(GoldenTensors.PathOf("t5_v11_tiny/config.json")));

        // A weight that is used in several places may be stored under several names.
        var others = model.named_parameters().SelectMany(p => WeightAliases.Of(model.Shape, p.name).Skip(1)).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(
            golden.Names.Where(name => !others.Contains(name)).Order(StringComparer.Ordinal),
            model.named_parameters().Select(p => p.name).Order(StringComparer.Ordinal));
        Assert.All(model.named_parameters(), p => Assert.Equal(golden.Shape(p.name), p.parameter.shape));
    }

    [Fact]
    public void A_configuration_survives_being_written_and_read() =>
        Assert.Equal(Tiny, HuggingFaceConfig.Parse(HuggingFaceConfig.Write(Tiny)));

    [Fact]
    public void Initial_weights_depend_on_the_seed_and_the_name_alone()
    {
        using var first = new T5Model(Tiny);
        using var second = new T5Model(Tiny with { EncoderLayers = 3, Vocabulary = 128 });
        first.Initialise(7);
        second.Initialise(7);

        const string name = "decoder.block.1.layer.1.EncDecAttention.q.weight";
        Assert.True(first.Parameters.WeightSpan(name).SequenceEqual(second.Parameters.WeightSpan(name)));

        second.Initialise(8);
        Assert.False(first.Parameters.WeightSpan(name).SequenceEqual(second.Parameters.WeightSpan(name)));
    }

    [Theory]
    [InlineData("shared.weight", 1.0)]
    [InlineData("encoder.block.0.layer.0.SelfAttention.q.weight", 0.0625)]
    [InlineData("encoder.block.0.layer.0.SelfAttention.v.weight", 0.17677669529663687)]
    [InlineData("decoder.block.0.layer.2.DenseReluDense.wo.weight", 0.14433756729740643)]
    public void Initial_weights_have_the_deviation_of_T5X(string name, double deviation)
    {
        using var model = new T5Model(Tiny);
        model.Initialise(1);

        var values = model.Parameters.WeightSpan(name).ToArray();

        var measured = Math.Sqrt(values.Sum(value => (double)value * value) / values.Length);
        Assert.InRange(measured / deviation, 0.9, 1.1);
        Assert.InRange(values.Average() / deviation, -0.15, 0.15);
    }

    [Fact]
    public void The_logarithm_of_the_generator_is_that_of_the_library()
    {
        for (var value = 1e-300; value < 1.0; value *= 1.37)
        {
            Assert.Equal(Math.Log(value), CounterRandom.Log(value), 4e-16 * Math.Abs(Math.Log(value)) + 1e-16);
        }
    }

    [Fact]
    public void Padding_changes_no_token_loss()
    {
        using var model = new T5Model(Tiny);
        model.Initialise(3);
        long[] inputs = [5, 9, 17, 1], targets = [30, 31, 1];

        var plain = model.TokenLosses(new TokenBatch(1, 4, 3, inputs, targets));
        var padded = model.TokenLosses(new TokenBatch(1, 7, 5, [.. inputs, 0, 0, 0], [.. targets, 0, 0]));

        Assert.InRange(GoldenTensors.Distance(plain, padded.AsSpan(0, 3)), 0, 1e-5);
        Assert.Equal([0f, 0f], padded[3..]);
    }

    [Fact]
    public void Gradients_of_two_batches_add_up()
    {
        using var model = new T5Model(Tiny);
        model.Initialise(3);
        var (one, two) = (Random(2, 1), Random(2, 2));
        model.ForwardBackward(one, new LossOptions(1e-4), 0);
        var first = model.Parameters.GradientSpan("shared.weight").ToArray();
        model.Parameters.ZeroGradients();
        model.ForwardBackward(two, new LossOptions(1e-4), 0);
        var second = model.Parameters.GradientSpan("shared.weight").ToArray();
        model.ForwardBackward(one, new LossOptions(1e-4), 0);

        var both = first.Zip(second, (a, b) => a + b).ToArray();
        Assert.InRange(GoldenTensors.Distance(both, model.Parameters.GradientSpan("shared.weight")), 0, 1e-4 * GoldenTensors.Largest(both));
    }

    [Theory]
    [InlineData(false, 0.0)]
    [InlineData(true, 0.0)]
    [InlineData(false, 0.3)]
    [InlineData(true, 0.3)]
    public void The_gradient_is_the_slope_of_the_loss(bool firstVersion, double dropout)
    {
        var shape = Tiny with { Dropout = dropout };
        shape = firstVersion ? shape with { FeedForward = FeedForwardKind.Relu, TiedEmbeddings = true } : shape;
        using var model = new T5Model(shape);
        model.Initialise(11);
        var batch = Random(3, 5);
        model.ForwardBackward(batch, new LossOptions(1e-2), dropoutSeed: 4);
        var gradient = new float[model.Parameters.Length];
        var weights = new float[model.Parameters.Length];
        Copy(model, gradient, weights);
        var direction = gradient.Select((g, i) => (float)(g * (0.5 + new CounterRandom(1, "direction").Uniform((ulong)i)))).ToArray();
        var slope = gradient.Zip(direction, (g, d) => (double)g * d).Sum();

        const double step = 2e-7;
        var change = Loss(model, batch, weights, direction, step) - Loss(model, batch, weights, direction, -step);

        Assert.InRange(change / (2 * step) / slope, 0.98, 1.02);
    }

    [Fact]
    public void Dropout_of_one_seed_drops_the_same_places_again()
    {
        using var model = new T5Model(Tiny with { Dropout = 0.2 });
        model.Initialise(3);

        var first = model.ForwardBackward(Random(2, 1), default, dropoutSeed: 1);

        Assert.Equal(first, model.ForwardBackward(Random(2, 1), default, dropoutSeed: 1));
        Assert.NotEqual(first, model.ForwardBackward(Random(2, 1), default, dropoutSeed: 2));
    }

    [Fact]
    public void A_target_of_zero_counts_where_the_mask_says_so()
    {
        using var model = new T5Model(Tiny);
        model.Initialise(3);
        var batch = Random(2, 1);
        var masked = batch with { TargetMask = [.. batch.Targets.Select((_, place) => place % 3 == 2 ? (byte)1 : (byte)0)] };

        var losses = model.TokenLosses(masked);

        Assert.Equal(0, masked.Targets[^1]);
        Assert.Equal(masked.TargetMask, losses.Select(loss => loss > 0 ? (byte)1 : (byte)0));
        Assert.Equal(masked.TargetMask.Count(mask => mask == 1), model.ForwardBackward(masked, default, dropoutSeed: 1).Tokens);
    }

    private static unsafe void Copy(T5Model model, float[] gradient, float[] weights)
    {
        new Span<float>(model.Parameters.Gradients, gradient.Length).CopyTo(gradient);
        new Span<float>(model.Parameters.Weights, weights.Length).CopyTo(weights);
    }

    private static unsafe double Loss(T5Model model, TokenBatch batch, float[] weights, float[] direction, double step)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            model.Parameters.Weights[i] = (float)(weights[i] + (step * direction[i]));
        }

        return model.ForwardBackward(batch, new LossOptions(1e-2), dropoutSeed: 4).Total;
    }

    private static TokenBatch Random(int rows, long seed)
    {
        var random = new CounterRandom(seed, "batch");
        long[] Draw(int length, ulong stream) =>
            [.. Enumerable.Range(0, rows * length).Select(i => 2 + (long)(random.Bits((stream << 32) + (ulong)i) % 94))];
        var targets = Draw(9, 1);
        targets[^1] = 0;
        return new TokenBatch(rows, 20, 9, Draw(20, 0), targets);
    }
}
