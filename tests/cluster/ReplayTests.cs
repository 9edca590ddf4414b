using System.Globalization;
using Orchestrator.Protos.V1;
using Orchestrator.Tests.Cluster.Chaos;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>A step can be done again on any number of ranks, and a machine that computes wrong bits is found, by a second rank at once or by a replay later.</summary>
public sealed class ReplayTests(Sandbox sandbox)
{
    private const int Steps = 24;
    private const int FlipAt = 20;

    [Fact]
    public async Task Any_step_has_the_ledgers_weights_when_done_again_on_any_number_of_ranks()
    {
        var folder = await SoundAsync();
        foreach (var (step, workers, from) in new[] { (24, 3, "20"), (3, 1, "0") })
        {
            var replay = await Cli.RunAsync(sandbox, "replay", folder, "--spec", Spec(null), "--step", Text(step), "--workers", Text(workers), "--json");

            Assert.True(replay.ExitCode == 0, replay.All);
            Assert.Equal((true, from), ((bool)replay.Last["same"]!, replay.Last["from_step"]!.ToString()));
        }

        var beyond = await Cli.RunAsync(sandbox, "replay", folder, "--spec", Spec(null), "--step", "25");
        Assert.Equal((2, "--step must be from 1 to 24, the steps that the ledger has, was 25."), (beyond.ExitCode, beyond.Errors[^1]));
        var audit = await Cli.RunAsync(sandbox, "corpus", "audit", folder, "--spec", Spec(null), "--json");
        Assert.Equal((0, true, Steps), (audit.ExitCode, (bool)audit.Last["holds"]!, (int)audit.Last["steps"]!));

        var which = await Cli.RunAsync(sandbox, "corpus", "audit", folder, "--spec", Spec(null), "--document", "0", "--json");
        Assert.True(which.ExitCode == 0, which.All);
        Assert.Equal((0, "train"), ((int)which.Events("place").Single()["document"]!, (string?)which.Events("place").Single()["split"]));
        Assert.All(which.Events("seen"), seen => Assert.InRange((int)seen["step"]!, 1, Steps));
        Assert.Equal((int)which.Last["seen"]!, which.Events("seen").Count());
    }

    [Fact]
    public async Task A_bit_that_flipped_unnoticed_is_found_by_a_replay_which_names_the_first_tensor()
    {
        var folder = (await TrainAsync(verify: null, flip: true)).Folder;

        var replay = await Cli.RunAsync(sandbox, "replay", folder, "--spec", Spec(null), "--step", Text(FlipAt), "--json");

        Assert.True(replay.ExitCode == 1, replay.All);
        var result = replay.Events("replayed").Single();
        Assert.Equal((false, FlipAt), ((bool)result["same"]!, (int)result["first_step"]!));
        Assert.False(string.IsNullOrEmpty((string?)result["tensor"]), replay.All);
        Assert.Equal("Step 20 has other weights than the ledger says.", Assert.Single(replay.Errors));
    }

    [Fact]
    public async Task A_step_that_was_not_saved_is_replayed_on_to_the_next_that_was_and_the_first_tensor_is_named_there()
    {
        const int At = 13;
        const int Saved = 20;
        var folder = (await TrainAsync(verify: null, flip: true, at: At)).Folder;

        var replay = await Cli.RunAsync(sandbox, "replay", folder, "--spec", Spec(null), "--step", Text(At), "--workers", "2", "--json");

        Assert.True(replay.ExitCode == 1, replay.All);
        var result = replay.Events("replayed").Single();
        Assert.Equal((At, At, Saved), ((int)result["step"]!, (int)result["first_step"]!, (int)result["tensor_step"]!));
        Assert.False(string.IsNullOrEmpty((string?)result["tensor"]), replay.All);
        var told = await Cli.RunAsync(sandbox, "replay", folder, "--spec", Spec(null), "--step", Text(At));
        Assert.Contains($"The first tensor that differs after step {Saved}, the next that was saved, is {(string?)result["tensor"]} in ", told.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_verification_the_rank_whose_bit_flipped_leaves_and_the_weights_do_not_show_it()
    {
        var (folder, events) = await TrainAsync("{ rate: 1, policy: quarantine }", flip: true, workers: 3);

        var said = Assert.Single(events, told => told.Worker?.What.StartsWith("cannot go on", StringComparison.Ordinal) == true).Worker.What;
        Assert.Matches($"Step {FlipAt}: the gradient of slot [0-3] has other bits on rank [0-2] than on rank [0-2], first in [a-z].*; computed again, rank [0-2] came to other bits", said);
        Assert.Equal(Sandbox.TensorFiles(await SoundAsync(), Steps), Sandbox.TensorFiles(folder, Steps));
    }

    [Fact]
    public async Task With_verification_a_run_may_stop_instead()
    {
        await using var cluster = await StartAsync("{ rate: 1 }", flip: true);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.SawAsync(told => told.State?.State == RunState.Succeeded));

        Assert.Contains($"Step {FlipAt}: the gradient of slot", failure.Message, StringComparison.Ordinal);
        Assert.Equal(FlipAt - 1, cluster.Step);
    }

    // One run that nothing is wrong with serves every test.
    private Task<string> SoundAsync() => sandbox.Once("sound", async () => (await TrainAsync(verify: null, flip: false)).Folder);

    private async Task<(string Folder, IReadOnlyList<RunEvent> Events)> TrainAsync(string? verify, bool flip, int workers = 2, int at = FlipAt)
    {
        await using var cluster = await StartAsync(verify, flip, workers, at);
        await cluster.SawAsync(told => told.State?.State == RunState.Succeeded);
        return (cluster.Out, cluster.Events);
    }

    // Every worker flips a bit at that step, once, so whichever slot is drawn to be checked is found wrong and its second computation is right.
    private Task<ChaosCluster> StartAsync(string? verify, bool flip, int workers = 2, int at = FlipAt) =>
        ChaosCluster.StartAsync(sandbox, Spec(verify), workers, flip: flip ? Text(at) : null);

    private string Spec(string? verify) => sandbox.Spec(
        Steps, yaml => yaml.Replace("min: 1, max: 4", "min: 2, max: 3", StringComparison.Ordinal) + (verify is null ? "" : $"\nverify: {verify}"));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
