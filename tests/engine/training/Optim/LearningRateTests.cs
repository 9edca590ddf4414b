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
