using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Tests.Training.Checkpoints;
using Orchestrator.Worker.Jobs;
using Xunit;

namespace Orchestrator.Tests.Worker.Jobs;

public sealed class CheckpointJobsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task List_names_the_checkpoints_of_a_run_oldest_first_and_the_damaged_ones()
    {
        await SaveAsync(10, 20, 30);
        await File.WriteAllTextAsync(_folder["checkpoints/step-00000020/manifest.json"], "{}");

        var (code, events) = Run(new CheckpointListJob(), new CheckpointListRequest { Folder = _folder.Path });

        Assert.Equal(0, code);
        Assert.Equal(["checkpoint 10", "checkpoint 20", "checkpoint 30", "finished"], events.Select(Name));
        Assert.Equal(16, events[0].GetProperty("weights_digest").GetString()!.Length);
        Assert.Equal(_folder["checkpoints/step-00000010"], events[0].GetProperty("path").GetString());
        Assert.Contains("manifest.json", events[1].GetProperty("fault").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, events[3].GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Verify_reads_every_checkpoint_of_a_run_and_says_that_all_is_well()
    {
        await SaveAsync(10, 20);
        var (code, events) = Run(new CheckpointVerifyJob(TimeProvider.System), new CheckpointVerifyRequest { Folder = _folder.Path });

        Assert.Equal(0, code);
        Assert.Equal(["verified 20", "verified 10", "finished"], events.Select(Name).Where(name => name != "progress"));
        Assert.Contains(events, happened => Name(happened) == "progress" && happened.GetProperty("done").GetInt64() == happened.GetProperty("total").GetInt64());
    }

    [Theory]
    [InlineData("optimizer-00001-of-00001.safetensors")]
    [InlineData("manifest.json")]
    public async Task Verify_names_a_damaged_file_and_fails(string file)
    {
        await SaveAsync(10);
        var path = Path.Combine(_folder["checkpoints/step-00000010"], file);
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        foreach (var folder in new[] { _folder.Path, _folder["checkpoints/step-00000010"] })
        {
            var (code, events) = Run(new CheckpointVerifyJob(TimeProvider.System), new CheckpointVerifyRequest { Folder = folder });
            Assert.Equal(1, code);
            Assert.Equal(path, Assert.Single(events, happened => Name(happened) == "damaged").GetProperty("file").GetString());
            Assert.Contains(path, events[^1].GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_folder_without_checkpoints_is_bad_input()
    {
        var verify = Assert.Throws<BadInputException>(() => Run(new CheckpointVerifyJob(TimeProvider.System), new CheckpointVerifyRequest { Folder = _folder.Path }));
        var list = Assert.Throws<BadInputException>(() => Run(new CheckpointListJob(), new CheckpointListRequest { Folder = _folder["nowhere"] }));
        Assert.StartsWith("folder: ", verify.Message, StringComparison.Ordinal);
        Assert.StartsWith("folder: ", list.Message, StringComparison.Ordinal);
    }

    private static string Name(JsonElement happened) =>
        happened.GetProperty("event").GetString() + (happened.TryGetProperty("step", out var step) ? " " + step : "");

    private static (int Code, List<JsonElement> Events) Run(IJob job, object request)
    {
        using var output = new StringWriter();
        var code = job.Run(JsonSerializer.SerializeToElement(request, JobEvents.Json), new JobEvents(output), CancellationToken.None);
        var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (code, [.. lines.Select(line => JsonDocument.Parse(line).RootElement)]);
    }

    private async Task SaveAsync(params long[] steps)
    {
        using var small = new SmallCheckpoint();
        using var writer = SmallCheckpoint.Writer(_folder["checkpoints"]);
        foreach (var step in steps)
        {
            _ = await writer.Save(small.Content(step));
        }
    }
}
