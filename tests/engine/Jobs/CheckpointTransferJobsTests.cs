using System.Text.Json;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Jobs;
using Orchestrator.Tests.Training.Checkpoints;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Worker.Jobs;
using Xunit;

namespace Orchestrator.Tests.Worker.Jobs;

public sealed class CheckpointTransferJobsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_import_says_what_it_made_and_how_a_run_starts_from_it()
    {
        using var sample = new HuggingFaceSample("t5_v11_tiny");
        sample.Write(_folder["from"]);

        var (code, events) = Run(new CheckpointImportJob(TimeProvider.System), new CheckpointImportRequest { Folder = _folder["from"], Out = _folder["in"] });

        Assert.Equal(0, code);
        var finished = events[^1];
        Assert.Equal(CheckpointCatalog.ReadManifest(_folder["in"]).WeightsDigest, finished.GetProperty("weights_digest").GetString());
        Assert.False(finished.GetProperty("vocabulary").GetBoolean());
        Assert.Contains("  d_model: 64\n", finished.GetProperty("model").GetString(), StringComparison.Ordinal);
        Assert.Contains($"  start_from: \"{_folder["in"]}\"", finished.GetProperty("model").GetString(), StringComparison.Ordinal);
        Assert.Contains(events, happened => happened.GetProperty("event").GetString() == "progress");
    }

    [Fact]
    public void A_diff_names_what_differs_and_how_much_and_fails_only_then()
    {
        using var sample = new HuggingFaceSample("t5_v11_tiny");
        sample.Write(_folder["a"]);
        Assert.Equal(0, Diff("a", "a").Code);

        sample.Change("lm_head.weight");
        sample.Reshape("encoder.final_layer_norm.weight", 8, 8);
        sample.Remove("decoder.final_layer_norm.weight");
        sample.Write(_folder["b"]);
        var (code, events) = Diff("a", "b");

        Assert.Equal(1, code);
        var tensors = events.Where(happened => happened.GetProperty("event").GetString() == "tensor" && !happened.GetProperty("same").GetBoolean()).ToDictionary(t => t.GetProperty("name").GetString()!);
        Assert.Equal(["decoder.final_layer_norm.weight", "encoder.final_layer_norm.weight", "lm_head.weight"], tensors.Keys.Order(StringComparer.Ordinal));
        Assert.False(tensors["decoder.final_layer_norm.weight"].TryGetProperty("second", out _));
        Assert.False(tensors["encoder.final_layer_norm.weight"].TryGetProperty("max_absolute", out _));
        Assert.True(tensors["lm_head.weight"].GetProperty("max_absolute").GetDouble() > 0);
        Assert.True(tensors["lm_head.weight"].GetProperty("relative").GetDouble() < 1);
        var finished = events.Single(happened => happened.GetProperty("event").GetString() == "finished");
        Assert.Equal(3, finished.GetProperty("different").GetInt32());
        Assert.NotEqual(finished.GetProperty("first").GetProperty("digest").GetString(), finished.GetProperty("second").GetProperty("digest").GetString());
    }

    [Fact]
    public void The_difference_of_two_formats_is_that_of_their_values()
    {
        using var full = new HuggingFaceSample("t5_v10_tiny");
        full.Write(_folder["a"]);
        using var half = new HuggingFaceSample("t5_v10_tiny", TensorType.BF16);
        half.Write(_folder["b"]);

        var (code, events) = Diff("a", "b");

        Assert.Equal(1, code);
        // bfloat16 keeps eight bits: rounding moves a value by 2^-9 of it at most.
        Assert.All(events.Where(happened => happened.GetProperty("event").GetString() == "tensor"), tensor => Assert.InRange(tensor.GetProperty("relative").GetDouble(), 0, 1.0 / 512));
    }

    private (int Code, List<JsonElement> Events) Diff(string first, string second) =>
        Run(new CheckpointDiffJob(), new CheckpointDiffRequest { First = _folder[first], Second = _folder[second] });

    private static (int Code, List<JsonElement> Events) Run(IJob job, object request)
    {
        using var output = new StringWriter();
        var code = job.Run(JsonSerializer.SerializeToElement(request, JobEvents.Json), new JobEvents(output), CancellationToken.None);
        return (code, [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.Clone())]);
    }
}
