using System.Diagnostics;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Training.Model;

/// <summary>What was published of T5: sizes, buckets, initial weights, dropout.</summary>
public sealed class PublishedT5Tests
{
    private static readonly ResolvedModel s_middle = new(
        Vocabulary: 1000, DModel: 128, DFf: 256, DKv: 32, Heads: 8, EncoderLayers: 1, DecoderLayers: 1, FeedForwardKind.GatedGelu,
        TiedEmbeddings: false, RelativeBuckets: 32, RelativeDistance: 128, Dropout: 0.0);

    public static TheoryData<string> Presets { get; } = [.. ModelPresets.Names];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Every_preset_is_built_without_memory_on_the_meta_device(string preset)
    {
        using var scope = NewDisposeScope();
        var shape = ResolvedModel.From(ModelPresets.Find(preset)!, corpusVocabulary: 32_100);
        using var process = Process.GetCurrentProcess();
        var before = process.WorkingSet64;

        using var model = LanguageModels.Create(shape, META);

        process.Refresh();
        Assert.Equal(shape.ParameterCount, model.Parameters.ParameterCount);
        Assert.InRange(process.WorkingSet64 - before, long.MinValue, 200L << 20);
        Assert.Equal(shape.ParameterCount, ((nn.Module)model).parameters().Sum(parameter => parameter.NumberOfElements));
        Assert.All(((nn.Module)model).parameters(), parameter => Assert.True(parameter.is_meta));
    }

    // Mesh TensorFlow, transformer_layers.py, _relative_position_bucket, line by line in float32.
    [Theory]
    [InlineData(32, 128)]
    [InlineData(33, 128)]
    [InlineData(31, 127)]
    [InlineData(5, 11)]
    [InlineData(7, 20)]
    [InlineData(8, 16)]
    [InlineData(9, 129)]
    [InlineData(64, 1000)]
    public void Buckets_are_those_of_Mesh_TensorFlow(int buckets, int longest)
    {
        for (var relative = -2 * longest; relative <= 2 * longest; relative++)
        {
            Assert.Equal(Mesh(relative, true, buckets, longest), RelativeBuckets.Of(relative, true, buckets, longest));
            Assert.Equal(Mesh(relative, false, buckets, longest), RelativeBuckets.Of(relative, false, buckets, longest));
        }

        static int Mesh(int relativePosition, bool bidirectional, int numBuckets, int maxDistance)
        {
            var ret = 0;
            var n = -relativePosition;
            if (bidirectional)
            {
                numBuckets /= 2;
                ret += (n < 0 ? 1 : 0) * numBuckets;
                n = Math.Abs(n);
            }
            else
            {
                n = Math.Max(n, 0);
            }

            var maxExact = numBuckets / 2;
            var isSmall = n < maxExact;
            var valIfLarge = maxExact + (isSmall ? 0 : (int)(MathF.Log((float)n / maxExact) / (float)Math.Log((double)maxDistance / maxExact) * (numBuckets - maxExact)));
            valIfLarge = Math.Min(valIfLarge, numBuckets - 1);
            return ret + (isSmall ? n : valIfLarge);
        }
    }

    // T5X: layers.py and network.py. A normal's fourth moment is 3, a truncated one's 2.36 (at two deviations), a uniform's 1.8.
    [Theory]
    [InlineData("shared.weight", 1.0, 3.0)]
    [InlineData("encoder.block.0.layer.0.SelfAttention.q.weight", 0.015625, 3.0)]
    [InlineData("decoder.block.0.layer.1.EncDecAttention.q.weight", 0.015625, 3.0)]
    [InlineData("encoder.block.0.layer.0.SelfAttention.k.weight", 0.08838834764831845, 3.0)]
    [InlineData("decoder.block.0.layer.1.EncDecAttention.v.weight", 0.08838834764831845, 3.0)]
    [InlineData("decoder.block.0.layer.0.SelfAttention.o.weight", 0.0625, 3.0)]
    [InlineData("encoder.block.0.layer.1.DenseReluDense.wi_0.weight", 0.08838834764831845, 2.36)]
    [InlineData("encoder.block.0.layer.1.DenseReluDense.wi_1.weight", 0.08838834764831845, 2.36)]
    [InlineData("decoder.block.0.layer.2.DenseReluDense.wo.weight", 0.0625, 2.36)]
    [InlineData("lm_head.weight", 0.08838834764831845, 2.36)]
    [InlineData("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", 0.22360679774997896, 1.8)]
    public unsafe void Initial_weights_are_distributed_as_in_T5X(string name, double deviation, double fourth)
    {
        var weight = T5Parameters.Of(s_middle).Single(parameter => parameter.Name == name);
        var drawn = new float[weight.Count];
        fixed (float* into = drawn)
        {
            WeightInitializer.Fill(s_middle, name, weight.Shape, seed: 5, into);
        }

        var values = Array.ConvertAll(drawn, value => value / deviation);
        var noise = 4.0 / Math.Sqrt(values.Length);

        Assert.InRange(values.Average(), -noise, noise);
        Assert.InRange(Math.Sqrt(values.Average(value => value * value)), 1.0 - noise, 1.0 + noise);
        Assert.InRange(values.Average(value => value * value * value * value), fourth * (1.0 - (3 * noise)), fourth * (1.0 + (3 * noise)));
        if (fourth == 2.36)
        {
            Assert.True(values.Max(Math.Abs) <= 2.0 / 0.8796);
        }
    }

    [Fact]
    public void Norms_begin_at_1_and_a_model_without_gate_or_head_of_its_own_has_the_same_rules()
    {
        using var model = new T5Model(s_middle with { FeedForward = FeedForwardKind.Relu, TiedEmbeddings = true });
        model.Initialise(5);

        Assert.All(model.Parameters.WeightSpan("decoder.block.0.layer.1.layer_norm.weight").ToArray(), value => Assert.Equal(1f, value));
        var wi = model.Parameters.WeightSpan("encoder.block.0.layer.1.DenseReluDense.wi.weight").ToArray();
        Assert.InRange(Math.Sqrt(wi.Average(value => (double)value * value)) * Math.Sqrt(128), 0.97, 1.03);
        Assert.DoesNotContain(model.Parameters.Slices, slice => slice.Name == "lm_head.weight");
    }

    [Fact]
    public void Dropout_takes_its_share_of_features_for_a_whole_sequence_and_keeps_the_mean()
    {
        using var scope = NewDisposeScope();
        using var pass = new Pass(NativeOperations.Instance, CPU, Precision.Fp32, batch: 8, training: true, dropout: 0.1, dropoutSeed: 3) { Watch = _ => { } };
        var first = pass.DropoutMask(8, 1, 5000)!;
        var second = pass.DropoutMask(8, 1, 5000)!;
        var x = ones(8 * 6, 5000);
        Pass.Drop(x, first);

        var factors = first.data<float>().ToArray();
        Assert.InRange(factors.Count(factor => factor == 0f) / (double)factors.Length, 0.095, 0.105);
        Assert.All(factors.Where(factor => factor != 0f), factor => Assert.Equal(1.0 / 0.9, factor, 1e-6));
        Assert.InRange(factors.Average(), 0.99f, 1.01f);
        // Two places drop independently of each other.
        var both = factors.Zip(second.data<float>().ToArray()).Count(pair => pair is (0f, 0f));
        Assert.InRange(both / (double)factors.Length, 0.008, 0.012);
        // Each of the six tokens of a row lost the same features.
        var rows = x.view(8, 6, 5000);
        Assert.True(rows.select(1, 0).equal(rows.select(1, 5)).all().item<bool>());
    }

    [Fact]
    public void Dropout_may_change_between_pre_training_and_fine_tuning_since_no_weight_depends_on_it()
    {
        using var before = new T5Model(s_middle);
        using var after = new T5Model(s_middle with { Dropout = 0.1 });

        Assert.Equal(
            before.Parameters.Slices.Select(slice => (slice.Name, slice.Offset, slice.Count)),
            after.Parameters.Slices.Select(slice => (slice.Name, slice.Offset, slice.Count)));
    }
}
