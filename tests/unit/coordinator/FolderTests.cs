using Grpc.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Coordinator;

public sealed class FolderTests
{
    [Fact]
    public async Task A_longer_run_of_the_same_spec_goes_on_where_the_folder_stands()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        await TrainAsync(coordinator, from: 0, steps: 3);
        await TrainAsync(coordinator, from: 3, steps: 5);

        Assert.Equal(6, (await File.ReadAllLinesAsync(Ledger(coordinator.OutDir))).Length);
    }

    [Fact]
    public async Task Another_coordinator_takes_up_the_folders_ledger_and_newest_checkpoint()
    {
        await using var first = await CoordinatorFixture.StartAsync();
        await TrainAsync(first, from: 0, steps: 3);
        await using var second = await CoordinatorFixture.StartAsync();
        Directory.CreateDirectory(second.OutDir);
        File.Copy(Ledger(first.OutDir), Ledger(second.OutDir));
        WriteCheckpoint(second, step: 2);

        await using var worker = await FakeWorker.ConnectAsync(second.Channel, "other");
        var run = await second.SubmitAsync(second.Spec(steps: 5));
        await worker.AssignedAsync();

        Assert.Equal((3, 2, Path.Combine(second.OutDir, "checkpoints", "step-00000002")), (run.Step, run.CheckpointStep, worker.Assignment.CheckpointPath));
        Assert.Equal(3, worker.Assignment.CommittedStep);
        Assert.Equal(4, (await File.ReadAllLinesAsync(Ledger(second.OutDir))).Length);
    }

    [Fact]
    public async Task Another_spec_is_refused_in_a_folder_with_steps_and_so_is_a_shorter_run()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        await TrainAsync(coordinator, from: 0, steps: 3);

        var spec = await Assert.ThrowsAsync<RpcException>(() => coordinator.SubmitAsync(coordinator.Spec(steps: 3, more: "seed: 2")));
        var shorter = await Assert.ThrowsAsync<RpcException>(() => coordinator.SubmitAsync(coordinator.Spec(steps: 2)));

        Assert.Equal(StatusCode.FailedPrecondition, spec.StatusCode);
        Assert.Contains("of another spec", spec.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("batch.steps must be at least 3", shorter.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_of_another_spec_is_named()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        WriteCheckpoint(coordinator, step: 2, digest: new string('0', 64));

        var error = await Assert.ThrowsAsync<RpcException>(() => coordinator.SubmitAsync(coordinator.Spec()));

        Assert.Contains("step-00000002 is a checkpoint of another spec", error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"weights_digest\":\"0000000000000002\"", "\"weights_digest\":\"0000000000000007\"", "does not hold from line 3 on")]
    [InlineData("{\"step\":2", "{\"step\":", "is damaged at line 3")]
    [InlineData("\"samples\":[[0,32,32]]", "\"samples\":[[0,0,32]]", "does not hold from line 3 on")]
    public async Task A_ledger_that_was_tampered_with_is_refused_at_its_line(string from, string to, string expected)
    {
        await using var first = await CoordinatorFixture.StartAsync();
        await TrainAsync(first, from: 0, steps: 3);
        await using var second = await CoordinatorFixture.StartAsync();
        Directory.CreateDirectory(second.OutDir);
        var text = await File.ReadAllTextAsync(Ledger(first.OutDir));
        Assert.Contains(from, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Ledger(second.OutDir), text.Replace(from, to, StringComparison.Ordinal));

        var error = await Assert.ThrowsAsync<RpcException>(() => second.SubmitAsync(second.Spec()));

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains(expected, error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_last_line_that_was_not_written_to_its_end_is_left_out_with_a_warning_where_the_coordinators_folder_is_lost()
    {
        await using var first = await CoordinatorFixture.StartAsync();
        await TrainAsync(first, from: 0, steps: 3);
        await using var second = await CoordinatorFixture.StartAsync();
        Directory.CreateDirectory(second.OutDir);
        var text = await File.ReadAllTextAsync(Ledger(first.OutDir));
        await File.WriteAllTextAsync(Ledger(second.OutDir), text[..^20]);

        var run = await second.SubmitAsync(second.Spec(steps: 5));

        Assert.Equal(2, run.Step);
        var told = await second.WatchUntilAsync(run.RunId, told => told.Warning is not null);
        Assert.Equal($"the last line of {Ledger(second.OutDir)}, of step 3, was not written to its end and is left out", told[^1].Warning.Text);
        Assert.Equal(3, (await File.ReadAllLinesAsync(Ledger(second.OutDir))).Length);
    }

    [Fact]
    public async Task A_last_line_that_is_damaged_and_has_its_end_is_refused()
    {
        await using var first = await CoordinatorFixture.StartAsync();
        await TrainAsync(first, from: 0, steps: 3);
        await using var second = await CoordinatorFixture.StartAsync();
        Directory.CreateDirectory(second.OutDir);
        var text = await File.ReadAllTextAsync(Ledger(first.OutDir));
        await File.WriteAllTextAsync(Ledger(second.OutDir), $"{text[..^20]}\n");

        var error = await Assert.ThrowsAsync<RpcException>(() => second.SubmitAsync(second.Spec(steps: 5)));

        Assert.Contains("is damaged at line 4", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_that_lost_its_end_is_written_anew_at_the_next_start()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(steps: 10));
        await using var worker = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        await worker.AssignedAsync();
        await worker.ReadyAsync();
        await worker.DoneAsync(1, 1);
        await worker.DoneAsync(2, 2);
        await coordinator.WatchUntilAsync(run.RunId, told => told.Step?.Step == 2);
        string before = "";

        await coordinator.RestartAsync(async () =>
        {
            before = await File.ReadAllTextAsync(Ledger(coordinator.OutDir));
            await File.WriteAllTextAsync(Ledger(coordinator.OutDir), before[..^20]);
        });

        Assert.Equal(3, before.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(before, await File.ReadAllTextAsync(Ledger(coordinator.OutDir)));
    }

    private static async Task TrainAsync(CoordinatorFixture coordinator, long from, long steps)
    {
        await using var worker = await FakeWorker.ConnectAsync(coordinator.Channel, $"worker-{steps}");
        var run = await coordinator.SubmitAsync(coordinator.Spec(steps: steps));
        await worker.AssignedAsync();
        Assert.Equal(from, worker.Assignment.CommittedStep);
        await worker.ReadyAsync(from, (ulong)from);
        for (var step = from + 1; step <= steps; step++)
        {
            await worker.DoneAsync(step, (ulong)step);
        }

        await worker.LeftAsync(Left.Types.Outcome.Finished, steps, (ulong)steps, leaving: true);
        await coordinator.WatchUntilAsync(run.RunId, RunState.Succeeded);
    }

    private static string Ledger(string outDir) => Path.Combine(outDir, "ledger.jsonl");

    private static void WriteCheckpoint(CoordinatorFixture coordinator, long step, string? digest = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(coordinator.OutDir, "checkpoints", CheckpointNames.Folder(step))).FullName;
        var manifest = new CheckpointManifest
        {
            ProductVersion = "1.2.3",
            Created = DateTimeOffset.UnixEpoch,
            SpecDigest = digest ?? SpecDigest.WithCorpus(SpecReader.Read(coordinator.Spec(), "spec").Spec!),
            Step = step,
            Cursor = new CheckpointCursor(0, 64),
            WeightsDigest = "0000000000000002",
            Files = [],
            Tensors = [],
        };
        File.WriteAllBytes(Path.Combine(folder, CheckpointManifest.FileName), manifest.ToBytes());
    }
}
