using Orchestrator.Core.Specs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Native;
using Xunit;

namespace Orchestrator.Tests.Training.Native;

/// <summary>Against trajectories of the original classes; tests/golden/README.md says whose.</summary>
public sealed unsafe class AdafactorTests
{
    private static readonly string[] s_names = ["vec", "vec_zero_init", "mat3x5", "relbias32x4", "mat200x300", "t3d"];

    private static double SchedulePretraining(long step) => 1 / Math.Sqrt(Math.Max(step - 1, 10_000));

    [Fact]
    public void Twenty_five_steps_are_those_of_t5x() => Compare("t5x", AdafactorRules.T5x, SchedulePretraining);

    [Fact]
    public void Twenty_five_steps_are_those_of_mesh_tensorflow() => Compare("mesh", AdafactorRules.Mesh, SchedulePretraining);

    [Fact]
    public void Twenty_five_steps_are_those_of_hugging_face() => Compare("hf_fixed_lr", AdafactorRules.HuggingFace, _ => 1e-3);

    [Fact]
    public void Without_parameter_scaling_twenty_five_steps_are_those_of_hugging_face() =>
        Compare("hf_fixed_lr_nofactorscale", AdafactorRules.HuggingFace, _ => 1e-3, scaleParameter: false);

    [Fact]
    public void A_gradient_scale_is_as_good_as_a_scaled_gradient()
    {
        using var weights = Floats.Random(150 * 130, 1);
        using var scaledWeights = new Floats(weights.Span);
        using var gradient = Floats.Random(150 * 130, 2);
        using var scaledGradient = new Floats(gradient.Span);
        Kernels.Scale(scaledGradient, 150 * 130, 0.25f);
        foreach (var layout in new[] { new AdafactorLayout(1, 150, 130, Factored: true), new AdafactorLayout(1, 1, 150 * 130, Factored: false) })
        {
            using var state = new Floats((int)layout.StateCount);
            using var scaledState = new Floats((int)layout.StateCount);
            Kernels.AdafactorStep(weights, gradient, state, layout, 0.25f, 0.01, 0, new AdafactorConstants());
            Kernels.AdafactorStep(scaledWeights, scaledGradient, scaledState, layout, 1, 0.01, 0, new AdafactorConstants());
            Assert.True(state.Span.SequenceEqual(scaledState.Span));
            for (var i = 0; i < weights.Span.Length; i++)
            {
                Assert.Equal(scaledWeights.Span[i], weights.Span[i], 1e-6f);
            }
        }
    }

    [Theory]
    [InlineData(AdafactorRules.T5x, new long[] { 128, 200 }, true)]
    [InlineData(AdafactorRules.T5x, new long[] { 127, 200 }, false)]
    [InlineData(AdafactorRules.Mesh, new long[] { 128, 128 }, true)]
    [InlineData(AdafactorRules.HuggingFace, new long[] { 3, 5 }, true)]
    [InlineData(AdafactorRules.HuggingFace, new long[] { 5 }, false)]
    [InlineData(AdafactorRules.T5x, new long[] { }, false)]
    public void A_rule_decides_what_is_factored(AdafactorRules rules, long[] shape, bool factored)
    {
        var layout = AdafactorLayout.For(shape, rules);
        Assert.Equal(factored, layout.Factored);
        Assert.Equal(shape.Aggregate(1L, (a, b) => a * b), layout.Count);
        Assert.Equal(factored ? shape.Sum() : layout.Count, layout.StateCount);
    }

    // Tolerances are those that the trajectories' makers measured between fp32 and fp64.
    private static void Compare(string variant, AdafactorRules rules, Func<long, double> learningRate, bool scaleParameter = true)
    {
        using var inputs = new SafetensorsFile(TestFiles.Golden("adafactor/inputs.safetensors"));
        using var expected = new SafetensorsFile(TestFiles.Golden($"adafactor/{variant}.safetensors"));
        var compared = 0;
        foreach (var name in s_names)
        {
            var init = inputs[$"{name}.init"];
            var grads = inputs[$"{name}.grads"];
            var count = (int)(init.Bytes / sizeof(float));
            // T5X's three-dimensional trajectory was made with an explicit rule that factors it although it is small.
            var layout = AdafactorLayout.For([.. init.Shape], rules, name == "t3d" && rules == AdafactorRules.T5x ? 1 : 128);
            using var weights = new Floats(new ReadOnlySpan<float>((void*)init.Address, count));
            using var state = new Floats((int)layout.StateCount);
            for (var step = 1; step <= grads.Shape[0]; step++)
            {
                var gradient = (float*)grads.Address + ((long)(step - 1) * count);
                var decay = 1 - Math.Pow(step, -0.8);
                Kernels.AdafactorStep(weights, gradient, state, layout, 1, learningRate(step), decay, new AdafactorConstants(ScaleParameter: scaleParameter));
                if (expected.Contains($"{name}.step{step}"))
                {
                    var wanted = new ReadOnlySpan<float>((void*)expected[$"{name}.step{step}"].Address, count);
                    Near($"{name} after step {step}", wanted, weights.Span, new ReadOnlySpan<float>((void*)init.Address, count));
                    compared++;
                }
            }

            compared += CompareState(expected, name, layout, state.Span);
        }

        Assert.True(compared > 20, $"only {compared} snapshots were compared");
    }

    private static void Near(string what, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, ReadOnlySpan<float> init)
    {
        var (largest, largestUpdate) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i]));
            largestUpdate = Math.Max(largestUpdate, Math.Abs((double)expected[i] - init[i]));
        }

        for (var i = 0; i < expected.Length; i++)
        {
            var difference = Math.Abs((double)expected[i] - actual[i]);
            Assert.True(difference <= (2e-6 * largest) + 1e-7, $"{what}, value {i}: {actual[i]} for {expected[i]}");
            Assert.True(difference <= (1e-4 * largestUpdate) + (1.2e-7 * largest), $"{what}, value {i}: update off by {difference}");
        }
    }

    private static int CompareState(SafetensorsFile expected, string name, AdafactorLayout layout, ReadOnlySpan<float> state)
    {
        var rows = (int)(layout.Batch * layout.Rows);
        // T5X and Mesh call the average over the larger dimension the row.
        var swapped = layout.Rows > layout.Columns;
        var parts = new (string Key, float[] Values)[]
        {
            ("v", state.ToArray()),
            ("exp_avg_sq", state.ToArray()),
            ("exp_avg_sq_row", layout.Factored ? state[..rows].ToArray() : []),
            ("exp_avg_sq_col", layout.Factored ? state[rows..].ToArray() : []),
            (swapped ? "v_col" : "v_row", layout.Factored ? state[..rows].ToArray() : []),
            (swapped ? "v_row" : "v_col", layout.Factored ? state[rows..].ToArray() : []),
        };
        var compared = 0;
        foreach (var (key, values) in parts)
        {
            if (!expected.Contains($"{name}.state.{key}"))
            {
                continue;
            }

            var view = expected[$"{name}.state.{key}"];
            var wanted = new ReadOnlySpan<float>((void*)view.Address, (int)(view.Bytes / 4));
            Assert.Equal(wanted.Length, values.Length);
            for (var i = 0; i < wanted.Length; i++)
            {
                Assert.True(Math.Abs(wanted[i] - values[i]) <= 1e-5 * Math.Abs(wanted[i]), $"{name} {key} {i}: {values[i]} for {wanted[i]}");
            }

            compared++;
        }

        return compared;
    }
}
