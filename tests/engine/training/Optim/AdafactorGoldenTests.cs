using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;
using Xunit;

namespace Orchestrator.Tests.Training.Optim;

/// <summary>Against T5X's, Mesh TensorFlow's and Hugging Face's own classes; tolerances are those that the sidecar recommends.</summary>
public sealed unsafe class AdafactorGoldenTests
{
    [Theory]
    [InlineData("t5x", AdafactorRules.T5x, true, ScheduleKind.Rsqrt, 1.0)]
    [InlineData("mesh", AdafactorRules.Mesh, true, ScheduleKind.Rsqrt, 1.0)]
    [InlineData("hf_fixed_lr", AdafactorRules.HuggingFace, true, ScheduleKind.Constant, 1e-3)]
    [InlineData("hf_fixed_lr_nofactorscale", AdafactorRules.HuggingFace, false, ScheduleKind.Constant, 1e-3)]
    [InlineData("hf_relative_warmup", AdafactorRules.HuggingFace, true, ScheduleKind.RelativeStepWarmup, 1.0)]
    public void Weights_follow_the_references_trajectory(string variant, AdafactorRules rules, bool scaleParameter, ScheduleKind kind, double rate)
    {
        var schedule = new ScheduleSpec { Kind = kind, Base = rate };
        using var inputs = GoldenTensors.Open("adafactor/inputs.safetensors");
        using var golden = GoldenTensors.Open($"adafactor/{variant}.safetensors");
        var compared = 0;
        foreach (var name in golden.Names.Select(tensor => tensor.Split('.')[0]).Distinct().Order(StringComparer.Ordinal).ToArray())
        {
            var initial = inputs.Floats(name + ".init");
            var gradients = inputs.Floats(name + ".grads");
            using var parameters = new FlatParameters([new ParameterShape(name, inputs.Shape(name + ".init"))]);
            using var optimizer = new Adafactor(parameters, Options(golden, inputs, name, rules, scaleParameter));
            initial.CopyTo(parameters.WeightSpan(name));
            for (var step = 1; step <= gradients.Length / initial.Length; step++)
            {
                fixed (float* gradient = &gradients[(step - 1) * initial.Length])
                {
                    optimizer.Step(gradient, 1f, LearningRate.At(schedule, step), step);
                }

                if (golden.Has($"{name}.step{step}"))
                {
                    Compare(golden.Floats($"{name}.step{step}"), parameters.WeightSpan(name), initial, $"{name} after step {step}");
                    compared++;
                }
            }
        }

        Assert.NotEqual(0, compared);
    }

    [Theory]
    [InlineData("t5x", AdafactorRules.T5x, "v_row", "v_col", "v")]
    [InlineData("mesh", AdafactorRules.Mesh, "vr", "vc", "v")]
    [InlineData("hf_fixed_lr", AdafactorRules.HuggingFace, "exp_avg_sq_row", "exp_avg_sq_col", "exp_avg_sq")]
    public void Second_moments_are_the_references(string variant, AdafactorRules rules, string row, string column, string second)
    {
        using var inputs = GoldenTensors.Open("adafactor/inputs.safetensors");
        using var golden = GoldenTensors.Open($"adafactor/{variant}.safetensors");
        var stored = golden.Names.Where(name => name.Contains(".state.", StringComparison.Ordinal)).Select(name => name.Split('.')[0]).Distinct().ToArray();
        Assert.NotEmpty(stored);
        foreach (var name in stored)
        {
            var gradients = inputs.Floats(name + ".grads");
            using var parameters = new FlatParameters([new ParameterShape(name, inputs.Shape(name + ".init"))]);
            using var optimizer = new Adafactor(parameters, Options(golden, inputs, name, rules, scaleParameter: true));
            inputs.Floats(name + ".init").CopyTo(parameters.WeightSpan(name));
            var count = parameters[name].Count;
            for (var step = 1; step <= gradients.Length / count; step++)
            {
                fixed (float* gradient = &gradients[(step - 1) * count])
                {
                    optimizer.Step(gradient, 1f, 0.01, step);
                }
            }

            foreach (var slice in optimizer.StateSlicesInOrder)
            {
                var statistic = slice.Name.EndsWith(".row", StringComparison.Ordinal) ? row : slice.Name.EndsWith(".column", StringComparison.Ordinal) ? column : second;
                var expected = golden.Floats($"{name}.state.{statistic}");
                for (var i = 0; i < slice.Count; i++)
                {
                    Assert.Equal(expected[i], optimizer.State[slice.Offset + i], 1e-5 * Math.Abs(expected[i]));
                }
            }
        }
    }

    // Where the reference names the axes of three dimensions (batch, row, column), T5X factors them however small they are.
    private static OptimizerSpec Options(GoldenTensors golden, GoldenTensors inputs, string name, AdafactorRules rules, bool scaleParameter) => new()
    {
        Rules = rules,
        ScaleParameter = scaleParameter,
        MinFactoredDimension = rules == AdafactorRules.T5x && inputs.Shape(name + ".init").Length > 2 && golden.Has(name + ".state.v_row") ? 1 : 128,
    };

    private static void Compare(float[] expected, Span<float> actual, float[] initial, string what)
    {
        var distance = GoldenTensors.Distance(expected, actual);
        Assert.True(distance <= (2e-6 * GoldenTensors.Largest(expected)) + 1e-7, $"{what}: off by {distance}");
        var update = new float[expected.Length];
        for (var i = 0; i < update.Length; i++)
        {
            update[i] = expected[i] - initial[i];
        }

        // Near the initial value a difference of floats has the resolution of the values, not of the update.
        var resolution = GoldenTensors.Largest(expected) * Math.Pow(2, -23);
        Assert.True(distance <= (1e-4 * GoldenTensors.Largest(update)) + resolution, $"{what}: the update is off by {distance}");
    }
}
