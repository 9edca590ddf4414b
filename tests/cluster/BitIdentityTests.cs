using System.Text.Json.Nodes;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>The same spec gives the same bits, on any number of workers and through any disturbance.</summary>
public sealed class BitIdentityTests(Sandbox sandbox)
{
    private const int Steps = 250;
    private const int Interrupt = 2;
    private const int KillNow = 9;

    [Fact]
    public async Task One_two_and_four_workers_write_the_same_model_and_optimizer_files()
    {
        var spec = sandbox.Spec(Sandbox.FewSteps);
        var expected = await sandbox.UndisturbedAsync(Sandbox.FewSteps);

        foreach (var workers in new[] { "1", "4" })
        {
            var folder = sandbox.Folder("of-" + workers);
            var run = await Cli.RunAsync(sandbox, "train", spec, "--workers", workers, "--out", folder, "--json");
            Assert.True(run.ExitCode == 0, run.All);
            Assert.Equal("finished", (string?)run.Last["event"]);
            Assert.Equal(expected, Sandbox.TensorFiles(folder, Sandbox.FewSteps));
        }
    }

    // By default QuickstartTests and RecoveryTests do this to other runs.
    [Fact]
    [Trait("Length", "long")]
    public async Task A_run_that_was_interrupted_and_resumed_ends_with_the_bits_of_an_undisturbed_one()
    {
        var spec = sandbox.Spec(Steps);
        var expected = await sandbox.UndisturbedAsync(Steps);
        var folder = sandbox.Folder("interrupted");

        await using var first = Cli.Start(sandbox, "train", spec, "--workers", "2", "--out", folder, "--json");
        await first.SawStepAsync(15);
        first.Signal(Interrupt);
        var stopped = await first.EndAsync();
        Assert.Equal(130, stopped.ExitCode);
        Assert.Contains("orchestrator resume", stopped.All, StringComparison.Ordinal);

        await ResumeAsync(folder);
        Assert.Equal(expected, Sandbox.TensorFiles(folder, Steps));
    }

    // By default FineTuningTests do this to other runs, and QuickstartTests kill the command alone.
    [Fact]
    [Trait("Length", "long")]
    public async Task A_run_whose_every_process_was_killed_resumes_to_the_bits_of_an_undisturbed_one()
    {
        var spec = sandbox.Spec(Steps);
        var expected = await sandbox.UndisturbedAsync(Steps);
        var folder = sandbox.Folder("killed");

        await using var first = Cli.Start(sandbox, "train", spec, "--workers", "2", "--out", folder, "--json");
        await first.SawStepAsync(25);
        first.Process.Kill(entireProcessTree: true);
        await first.Process.WaitForExitAsync(TestContext.Current.CancellationToken);

        await ResumeAsync(folder);
        Assert.Equal(expected, Sandbox.TensorFiles(folder, Steps));
    }

    [Fact]
    public async Task A_killed_worker_and_a_killed_coordinator_leave_no_trace_in_the_weights()
    {
        var spec = sandbox.Spec(Steps);
        var expected = await sandbox.UndisturbedAsync(Steps);
        var folder = sandbox.Folder("wounded");

        await using var run = Cli.Start(sandbox, "train", spec, "--workers", "3", "--out", folder, "--json");
        await run.SawStepAsync(20);
        var worker = JsonNode.Parse(await run.SawAsync(line => (string?)JsonNode.Parse(line)!["event"] == "worker"))!;
        Assert.Equal(0, Cli.Kill((int)worker["process_id"]!, KillNow));
        await run.SawAsync(line => line.Contains("started again", StringComparison.Ordinal) || line.Contains("lost", StringComparison.Ordinal));
        await run.SawStepAsync(120);
        Assert.Equal(0, Cli.Kill(ChildOf(run.Process.Id, "orchestrator-coordinator"), KillNow));
        var ended = await run.EndAsync();

        Assert.True(ended.ExitCode == 0, ended.All);
        Assert.Equal(expected, Sandbox.TensorFiles(folder, Steps));
        Assert.Equal(Enumerable.Range(1, Steps), LedgerSteps(folder));
    }

    private async Task ResumeAsync(string folder)
    {
        var resumed = await Cli.RunAsync(sandbox, "resume", folder, "--json");
        Assert.True(resumed.ExitCode == 0, resumed.All);
    }

    private static IEnumerable<int> LedgerSteps(string folder) =>
        File.ReadLines(Path.Combine(folder, "ledger.jsonl")).Skip(1).Select(line => (int)JsonNode.Parse(line)!["step"]!);

    private static int ChildOf(int parent, string name) => System.Diagnostics.Process.GetProcesses()
        .Select(process => process.Id)
        .First(id => Stat(id) is { } stat && stat.Parent == parent && stat.Command.Contains(name, StringComparison.Ordinal));

    private static (int Parent, string Command)? Stat(int id)
    {
        try
        {
            var status = File.ReadAllLines($"/proc/{id}/status");
            var parent = int.Parse(status.First(line => line.StartsWith("PPid:", StringComparison.Ordinal))[5..]);
            return (parent, File.ReadAllText($"/proc/{id}/cmdline"));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
