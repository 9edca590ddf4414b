using System.Globalization;
using System.Text.Json.Nodes;
using Orchestrator.Protos.V1;
using Orchestrator.Tests.Cluster.Chaos;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>Disks that fill up and files that rot: a run says so, loses nothing that was saved, and goes on.</summary>
public sealed class RecoveryTests(Sandbox sandbox)
{
    private const int Interrupt = 2;

    [Fact]
    public async Task A_loss_that_is_not_finite_stops_the_run_before_the_update_and_names_step_microbatch_and_samples()
    {
        var folder = sandbox.Folder("diverged");
        var spec = sandbox.Spec(40, yaml => yaml.Replace("base: 1.0, warmup_steps: 100", "kind: constant, base: 1e12", StringComparison.Ordinal));

        var run = await Cli.RunAsync(sandbox, "train", spec, "--workers", "1", "--out", folder, "--json");

        Assert.Equal(1, run.ExitCode);
        var done = (long)run.Last["step"]!;
        var reason = (string)run.Last["reason"]!;
        Assert.Matches($@"Step {done + 1}: the loss or gradient of microbatch \d is not finite \(samples \d+ to \d+ of epoch 0's order\); nothing was updated\.", reason);
    }

    [Fact]
    public async Task A_full_disk_costs_a_run_its_checkpoints_and_with_room_it_resumes()
    {
        const int Steps = 30;
        var spec = sandbox.Spec(Steps);
        var folder = sandbox.Folder("full");
        var checkpoints = Path.Combine(folder, "checkpoints");
        using var disk = new SmallDisk();
        disk.Mount(checkpoints);
        Assert.SkipUnless(disk.Folder is not null, "A small disk is a tmpfs, and mounting one is not permitted here.");
        var filler = Path.Combine(checkpoints, "filler");
        SmallDisk.Fill(filler);

        var full = await Cli.RunAsync(sandbox, "train", spec, "--workers", "2", "--out", folder, "--json");

        Assert.True(full.ExitCode == 1, full.All);
        Assert.Equal(Steps, full.Events("step").Count());
        Assert.Contains(full.Events("warning"), warning => Said(warning, "The checkpoint of step 10 (") && Said(warning, "No space left on device"));
        Assert.Equal("failed", (string?)full.Last["state"]);
        var sentence = Assert.Single(full.Errors);
        Assert.StartsWith($"The run failed after step {Steps} of {Steps}: The checkpoint of step {Steps} (", sentence, StringComparison.Ordinal);
        Assert.Contains("No space left on device", sentence, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(checkpoints));

        File.Delete(filler);
        var resumed = await Cli.RunAsync(sandbox, "resume", folder, "--json");

        Assert.True(resumed.ExitCode == 0, resumed.All);
        Assert.Equal(await sandbox.UndisturbedAsync(Steps), Sandbox.TensorFiles(folder, Steps));
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_named_and_the_one_before_it_leads_to_the_same_bits()
    {
        const int Steps = 250;
        var spec = sandbox.Spec(Steps);
        var folder = sandbox.Folder("damaged");
        await using (var first = Cli.Start(sandbox, "train", spec, "--workers", "2", "--out", folder, "--json"))
        {
            await first.SawStepAsync(25);
            first.Signal(Interrupt);
            Assert.Equal(130, (await first.EndAsync()).ExitCode);
        }

        var saved = Directory.GetDirectories(Path.Combine(folder, "checkpoints"), "step-*").Order(StringComparer.Ordinal).ToArray();
        Assert.True(saved.Length >= 2, string.Join(' ', saved));
        var file = Assert.Single(Directory.GetFiles(saved[^1], "model-*.safetensors"));
        Flip(file);

        var resumed = await Cli.RunAsync(sandbox, "resume", folder, "--json");

        Assert.True(resumed.ExitCode == 0, resumed.All);
        var warning = Assert.Single(resumed.Events("warning"));
        Assert.True(Said(warning, $"The checkpoint {saved[^1]} is passed over: {Path.GetFileName(file)} is damaged"), warning.ToJsonString());
        var before = long.Parse(Path.GetFileName(saved[^2])["step-".Length..], CultureInfo.InvariantCulture);
        Assert.Contains(resumed.Lines, line => line.Contains($"from step {before} (checkpoint)", StringComparison.Ordinal));
        Assert.Equal(await sandbox.UndisturbedAsync(Steps), Sandbox.TensorFiles(folder, Steps));
    }

    [Fact]
    public async Task A_worker_that_stood_still_while_others_trained_goes_on_from_their_checkpoint_and_not_from_what_it_holds()
    {
        var spec = sandbox.Spec(1_000_000, yaml => yaml.Replace("min: 1, max: 4", "min: 1, max: 2", StringComparison.Ordinal));
        await using var cluster = await ChaosCluster.StartAsync(sandbox, spec, workers: 2);
        await cluster.SawAsync(told => told.Step?.Step >= 12);
        var (still, trains) = (cluster.Workers[0].Process, cluster.Workers[1].Process);
        still.Signal(Signals.Stop);
        var alone = await cluster.SawAsync(told => told.State is { State: RunState.Running, WorldSize: 1 });
        var held = cluster.Step;
        await cluster.SawAsync(told => told.Checkpoint?.Step >= held + 30);

        trains.Signal(Signals.Kill);
        still.Signal(Signals.Continue);

        var again = await cluster.SawAsync(told => told.State is { State: RunState.Running } state && state.Generation > alone.State.Generation);
        var saved = cluster.Events.TakeWhile(told => !told.Equals(again)).Where(told => told.Checkpoint is not null).Max(told => told.Checkpoint.Step);
        Assert.Matches($@"^1 worker trains from step {saved} \(checkpoint\)", again.State.Reason);
    }

    [Fact]
    public async Task Workers_that_cannot_work_end_the_run_with_the_reason()
    {
        var programs = sandbox.CopyOfPrograms();
        File.Delete(Path.Combine(programs, "liborchestrator_kernels.so"));

        await using var command = Cli.StartProgram(
            sandbox, Path.Combine(programs, "orchestrator"), "train", sandbox.Spec(10), "--workers", "1", "--out", sandbox.Folder("broken"), "--json");
        var run = await command.EndAsync();

        Assert.True(run.ExitCode == 1, run.All);
        Assert.Equal("failed", (string?)run.Last["state"]);
        Assert.Contains("cannot go on: Unable to load shared library 'orchestrator_kernels'", Assert.Single(run.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_of_a_run_at_work_names_each_workers_rank_state_host_and_process_and_no_other_run_writes_to_its_folder()
    {
        var folder = sandbox.Folder("watched");
        var spec = sandbox.Spec(1_000_000);
        await using var run = Cli.Start(sandbox, "train", spec, "--workers", "2", "--out", folder, "--json");
        await run.SawStepAsync(3);

        var status = await Cli.RunAsync(sandbox, "status", "--out", folder, "--json");

        Assert.True(status.ExitCode == 0, status.All);
        var workers = status.Last["workers"]!.AsArray();
        Assert.Equal([0, 1], workers.Select(worker => (int)worker!["rank"]!));
        Assert.All(workers, worker =>
        {
            Assert.Contains((string?)worker!["state"], new[] { "training", "saving", "evaluating" });
            Assert.Equal(Environment.MachineName, (string?)worker["host"]);
            Assert.Contains("orchestrator-worker", File.ReadAllText($"/proc/{worker["process_id"]}/cmdline"), StringComparison.Ordinal);
        });
        Assert.Equal(2, workers.Select(worker => (int)worker!["process_id"]!).Distinct().Count());
        var second = await Cli.RunAsync(sandbox, "train", spec, "--workers", "1", "--out", folder, "--json");
        Assert.Equal(2, second.ExitCode);
        Assert.Equal($"Another orchestrator is writing to {folder}; wait until it has ended, or name another folder with --out.", Assert.Single(second.Errors));
        run.Signal(Interrupt);
        Assert.Equal(130, (await run.EndAsync()).ExitCode);
    }

    private static bool Said(JsonNode warning, string text) => ((string?)warning["text"])!.Contains(text, StringComparison.Ordinal);

    // In the middle of the tensors.
    private static void Flip(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = stream.Length / 2;
        var value = stream.ReadByte();
        stream.Position--;
        stream.WriteByte((byte)(value ^ 1));
    }
}
