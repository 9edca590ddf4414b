using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>The disk that holds a local run, the coordinator's store with it, fills up: the run says so, waits, and goes on when there is room.</summary>
public sealed class CoordinatorDiskTests(Sandbox sandbox)
{
    private const int Steps = 500;
    private const int Interrupt = 2;

    [Fact]
    public async Task A_coordinator_without_room_is_waited_for_and_with_room_the_run_goes_on_to_its_end()
    {
        using var disk = new SmallDisk();
        var folder = Mount(disk, "filled");
        await using var run = Cli.Start(sandbox, "train", Spec(), "--workers", "2", "--out", folder, "--json");
        await run.SawStepAsync(10);

        SmallDisk.Fill(Path.Combine(folder, "filler"));
        var said = await run.SawAsync(line => line.Contains("disk full: ", StringComparison.Ordinal));
        File.Delete(Path.Combine(folder, "filler"));
        var ended = await run.EndAsync();

        Assert.Contains($"disk full: the coordinator cannot write to {folder}/coordinator. It is tried again in 1 s", said, StringComparison.Ordinal);
        Assert.True(ended.ExitCode == 0, ended.All);
        Assert.Contains(ended.Lines, line => line.Contains("The disk has room again", StringComparison.Ordinal));
        Assert.Equal(Enumerable.Range(1, Steps), ended.Events("step").Select(step => (int)step["step"]!));
        var audit = await Cli.RunAsync(sandbox, "corpus", "audit", folder);
        Assert.True(audit.ExitCode == 0, audit.All);
        Assert.DoesNotContain("   at ", await File.ReadAllTextAsync(Path.Combine(folder, "logs", "coordinator.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_stopped_while_its_disk_is_full_says_so_last_and_with_room_it_is_resumed()
    {
        using var disk = new SmallDisk();
        var folder = Mount(disk, "stopped");
        await using (var run = Cli.Start(sandbox, "train", Spec(), "--workers", "1", "--out", folder, "--json"))
        {
            await run.SawStepAsync(10);
            SmallDisk.Fill(Path.Combine(folder, "filler"));
            await run.SawAsync(line => line.Contains("disk full: ", StringComparison.Ordinal));
            run.Signal(Interrupt);
            var ended = await run.EndAsync();

            Assert.True(ended.ExitCode == 3, ended.All);
            Assert.Equal(
                $"disk full: the coordinator cannot write to {folder}/coordinator, and the run was stopped; with room, 'orchestrator resume {folder}' goes on.",
                ended.Errors[^1]);
        }

        var refused = await Cli.RunAsync(sandbox, "resume", folder, "--json");
        Assert.True(refused.ExitCode == 3, refused.All);
        Assert.StartsWith("disk full: ", Assert.Single(refused.Errors), StringComparison.Ordinal);
        File.Delete(Path.Combine(folder, "filler"));
        var resumed = await Cli.RunAsync(sandbox, "resume", folder, "--json");
        Assert.True(resumed.ExitCode == 0, resumed.All);
    }

    private string Mount(SmallDisk disk, string name)
    {
        var folder = sandbox.Folder(name);
        disk.Mount(folder);
        Assert.SkipUnless(disk.Folder is not null, "A small disk is a tmpfs, and mounting one is not permitted here.");
        return folder;
    }

    private string Spec() => sandbox.Spec(Steps, yaml => yaml.Replace("every: 10, keep: 3", "every: 100, keep: 1", StringComparison.Ordinal));
}
