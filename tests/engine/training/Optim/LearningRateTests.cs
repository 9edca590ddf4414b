using System.Text.Json;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;
using Xunit;

namespace Orchestrator.Tests.Training.Optim;

public sealed class LearningRateTests
{
    [Theory]
    [InlineData("t5_rsqrt_10k", ScheduleKind.Rsqrt, 1.0, 10_000)]
    [InlineData("t5x_linear_warmup_rsqrt", ScheduleKind.RsqrtLinearWarmup, 0.5, 1000)]
    [InlineData("t5x_rsqrt_normalized", ScheduleKind.RsqrtNormalised, 0.5, 1000)]
    [InlineData("mesh_rsqrt_linear_decay", ScheduleKind.RsqrtLinearDecay, 1.0, 10_000)]
    [InlineData("constant_finetune", ScheduleKind.Constant, 1e-3, 10_000)]
    public void Rates_are_the_references_exact_values(string name, ScheduleKind kind, double rate, long warmup)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(GoldenTensors.PathOf("schedules/schedules.json")));
        var schedule = new ScheduleSpec { Kind = kind, Base = rate, WarmupSteps = warmup };
        foreach (var row in golden.RootElement.GetProperty("learning_rates").GetProperty(name).GetProperty("rows").EnumerateArray())
        {
            // Past its end Mesh's decay goes on below zero; here the rate stays zero.
            var expected = Math.Max(0.0, row[1].GetDouble());

            Assert.Equal(expected, LearningRate.At(schedule, row[0].GetInt64() + 1), 1e-12 * expected);
        }
    }

    [Theory]
    // Hugging Face's get_linear_schedule_with_warmup and get_cosine_schedule_with_warmup count from 0 as t does here.
    [InlineData(ScheduleKind.Linear, 1, 0.0)]
    [InlineData(ScheduleKind.Linear, 51, 1e-3)]
    [InlineData(ScheduleKind.Linear, 101, 2e-3)]
    [InlineData(ScheduleKind.Linear, 201, 1.55e-3)]
    [InlineData(ScheduleKind.Linear, 501, 2e-4)]
    [InlineData(ScheduleKind.Linear, 100_000, 2e-4)]
    [InlineData(ScheduleKind.Cosine, 1, 0.0)]
    [InlineData(ScheduleKind.Cosine, 101, 2e-3)]
    [InlineData(ScheduleKind.Cosine, 301, 1.1e-3)]
    [InlineData(ScheduleKind.Cosine, 201, 2e-4 + (1.8e-3 * 0.8535533905932737))]
    [InlineData(ScheduleKind.Cosine, 501, 2e-4)]
    [InlineData(ScheduleKind.Cosine, 100_000, 2e-4)]
    [InlineData(ScheduleKind.ConstantLinearWarmup, 1, 0.0)]
    [InlineData(ScheduleKind.ConstantLinearWarmup, 26, 5e-4)]
    [InlineData(ScheduleKind.ConstantLinearWarmup, 101, 2e-3)]
    [InlineData(ScheduleKind.Rsqrt, 1, 2e-4)]
    [InlineData(ScheduleKind.Rsqrt, 100_001, 2e-4)]
    [InlineData(ScheduleKind.RsqrtLinearWarmup, 1, 1e-8)]
    [InlineData(ScheduleKind.RsqrtLinearDecay, 501, 2e-4)]
    public void Warm_up_decay_and_floor_have_their_values_at_the_borders(ScheduleKind kind, long step, double expected)
    {
        var schedule = new ScheduleSpec { Kind = kind, Base = 2e-3, WarmupSteps = 100, DecaySteps = 500, Minimum = 2e-4 };

        Assert.Equal(expected, LearningRate.At(schedule, step), 1e-12);
    }

    [Theory]
    [InlineData(ScheduleKind.RelativeStep, 1, 1e-2)]
    [InlineData(ScheduleKind.RelativeStep, 40_000, 5e-3)]
    [InlineData(ScheduleKind.RelativeStepWarmup, 1, 1e-6)]
    [InlineData(ScheduleKind.RelativeStepWarmup, 10_000, 1e-2)]
    [InlineData(ScheduleKind.RelativeStepWarmup, 40_000, 5e-3)]
    public void Relative_steps_are_Hugging_Faces(ScheduleKind kind, long step, double expected) =>
        Assert.Equal(expected, LearningRate.At(new ScheduleSpec { Kind = kind }, step), 1e-12);

    [Theory]
    [InlineData(2.0, 1.0, 0.5)]
    [InlineData(1.0, 1.0, 1.0)]
    [InlineData(0.2, 1.0, 1.0)]
    [InlineData(0.0, 1.0, 1.0)]
    [InlineData(1e9, 0.0, 1.0)]
    public void Gradients_above_the_largest_norm_are_brought_down_to_it(double norm, double largest, double expected) =>
        Assert.Equal(expected, GradientCheck.ClipFactor(norm, largest));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Relative_position_buckets_are_the_references(bool bidirectional)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(GoldenTensors.PathOf("schedules/schedules.json")));
        var table = golden.RootElement.GetProperty("relative_position_buckets").EnumerateArray()
            .Single(table => table.GetProperty("bidirectional").GetBoolean() == bidirectional);
        var first = table.GetProperty("first_distance").GetInt32();
        var expected = table.GetProperty("hf").EnumerateArray().Select(value => value.GetInt32()).ToArray();

        var actual = expected.Select((_, i) => RelativeBuckets.Of(
            first + i, bidirectional, table.GetProperty("num_buckets").GetInt32(), table.GetProperty("max_distance").GetInt32()));

        Assert.Equal(expected, actual);
    }
}
