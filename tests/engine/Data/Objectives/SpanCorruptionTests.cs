using System.Text.Json;
using Orchestrator.Core.Data;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Objectives;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Objectives;

/// <summary>Against examples and statistics that T5's own code made.</summary>
public sealed class SpanCorruptionTests
{
    private static readonly JsonElement s_golden =
        JsonDocument.Parse(File.ReadAllBytes(GoldenTensors.PathOf("span_corruption/spans.json"))).RootElement;

    [Fact]
    public void Every_worked_example_gives_T5s_inputs_and_targets()
    {
        var examples = s_golden.GetProperty("examples").EnumerateArray().ToList();
        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var corruption = new SpanCorruption(example.GetProperty("vocab_size").GetInt32(), default);
            var tokens = Ints(example, "tokens");
            var mask = example.GetProperty("mask").GetString()!.Select(c => c == '1').ToArray();
            var output = new int[tokens.Length + 1];

            Assert.Equal(Ints(example, "inputs"), output[..corruption.Apply(tokens, mask, noise: true, output)]);
            Assert.Equal(Ints(example, "targets"), output[..corruption.Apply(tokens, mask, noise: false, output)]);
        }
    }

    [Fact]
    public void Four_thousand_masks_have_T5s_statistics()
    {
        foreach (var expected in s_golden.GetProperty("statistics").EnumerateArray())
        {
            var length = expected.GetProperty("length").GetInt32();
            var corruption = new SpanCorruption(
                32100, default, expected.GetProperty("noise_density").GetDouble(), expected.GetProperty("mean_noise_span_length").GetDouble());
            const int Masks = 4000;
            var deciles = new double[10];
            var spanLengths = new SortedDictionary<int, int>();
            var mask = new bool[length];
            for (var i = 0; i < Masks; i++)
            {
                var random = new SeededRandom(7, (ulong)i);
                corruption.Mask(mask, ref random);
                Assert.False(mask[0]);
                Assert.True(mask[^1]);
                Assert.Equal(expected.GetProperty("num_noise_tokens").GetInt32(), mask.Count(true));
                CountSpans(mask, spanLengths, deciles);
            }

            var spans = spanLengths.Values.Sum();
            Assert.Equal(Masks * expected.GetProperty("num_noise_spans").GetInt32(), spans);
            foreach (var (want, got, i) in Ratios(expected).Zip(deciles).Select((p, i) => (p.First, p.Second, i)))
            {
                var width = Enumerable.Range(0, length).Count(place => place * 10 / length == i);
                Assert.InRange(got / (Masks * (double)width), want - 0.011, want + 0.011);
            }

            foreach (var bin in expected.GetProperty("noise_span_length_exact").EnumerateObject())
            {
                var p = bin.Value.GetDouble();
                var got = spanLengths.GetValueOrDefault(int.Parse(bin.Name, System.Globalization.CultureInfo.InvariantCulture)) / (double)spans;
                Assert.InRange(got, p - (4 * Math.Sqrt(p / spans)) - 1e-12, p + (4 * Math.Sqrt(p / spans)) + 1e-12);
            }
        }
    }

    [Fact]
    public void A_sample_of_568_tokens_fills_512_inputs_and_114_targets_that_end_in_EOS()
    {
        var corruption = new SpanCorruption(32100, default);
        var tokens = Enumerable.Range(100, 568).ToArray();
        var inputs = new int[512];
        var targets = new int[114];

        Assert.Equal((512, 114), corruption.Corrupt(tokens, 1, 0, 3, inputs, targets));

        Assert.Equal(Tokenizer.Eos, inputs[^1]);
        Assert.Equal(Tokenizer.Eos, targets[^1]);
        Assert.Equal(Enumerable.Range(0, 28).Select(k => 32099 - k), inputs.Where(t => t >= 32000));
        Assert.Equal(Enumerable.Range(0, 28).Select(k => 32099 - k), targets.Where(t => t >= 32000));
        Assert.Equal(tokens, inputs.Concat(targets).Where(t => t is not Tokenizer.Eos and < 32000).Order());
    }

    [Fact]
    public void The_mask_is_a_function_of_seed_epoch_and_sample()
    {
        static int[] Inputs(long seed, long epoch, long sample)
        {
            var inputs = new int[512];
            new SpanCorruption(32100, default).Corrupt(Enumerable.Range(100, 568).ToArray(), seed, epoch, sample, inputs, new int[114]);
            return inputs;
        }

        Assert.Equal(Inputs(1, 2, 3), Inputs(1, 2, 3));
        Assert.NotEqual(Inputs(1, 2, 3), Inputs(4, 2, 3));
        Assert.NotEqual(Inputs(1, 2, 3), Inputs(1, 4, 3));
        Assert.NotEqual(Inputs(1, 2, 3), Inputs(1, 2, 4));
    }

    private static IEnumerable<double> Ratios(JsonElement expected) =>
        expected.GetProperty("noise_fraction_by_decile_of_position").EnumerateArray().Select(v => v.GetDouble());

    private static int[] Ints(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    private static void CountSpans(bool[] mask, SortedDictionary<int, int> lengths, double[] deciles)
    {
        var run = 0;
        for (var i = 0; i <= mask.Length; i++)
        {
            if (i < mask.Length && mask[i])
            {
                run++;
                deciles[i * 10 / mask.Length]++;
            }
            else if (run > 0)
            {
                lengths[run] = lengths.GetValueOrDefault(run) + 1;
                run = 0;
            }
        }
    }
}
