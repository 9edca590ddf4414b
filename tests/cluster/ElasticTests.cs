using Orchestrator.Protos.V1;
using Orchestrator.Tests.Cluster.Chaos;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>Where a run's time goes, what a loss costs, and what becomes of a slow worker.</summary>
public sealed class ElasticTests(Sandbox sandbox, ITestOutputHelper output)
{
    private const int Steps = 250;

    [Fact]
    public async Task A_kill_and_a_notice_are_made_up_for_without_a_checkpoint_and_every_worker_second_is_booked_once()
    {
        var spec = sandbox.Spec(Steps, yaml => yaml
            .Replace("min: 1, max: 4", "min: 2, max: 2", StringComparison.Ordinal)
            .Replace("every: 10, keep", "every: 0, keep", StringComparison.Ordinal));
        await using var cluster = await ChaosCluster.StartAsync(sandbox, spec, workers: 2);
        await cluster.SawAsync(told => told.Step?.Step >= 30);
        cluster.Workers[0].Process.Signal(Signals.Kill);
        cluster.AddWorker();

        // There was no file that the newcomer could have its state from.
        var recovery = (await cluster.SawAsync(told => told.Recovery is not null)).Recovery;
        Assert.DoesNotContain(cluster.Events, told => told.Checkpoint is not null);
        Assert.Equal((2, 0, false), (recovery.WorldSize, recovery.RepeatedSteps, recovery.WorkerId.Length == 0));
        Assert.InRange(recovery.DetectionSeconds, 0, 2);

        // Who gets notice leaves after the step in flight: nothing breaks.
        var noticed = cluster.Workers[0].Process;
        noticed.Signal(Signals.Terminate);
        cluster.AddWorker();
        Assert.Equal(0, (await noticed.EndAsync()).ExitCode);
        await cluster.SawAsync(told => told.State?.State == RunState.Succeeded);
        Assert.Single(cluster.Events, told => told.Recovery is not null);

        // Two seats from the submission to the end, whoever sat in them.
        var run = await cluster.DescribeAsync();
        var expected = 2 * (run.Ended.ToDateTimeOffset() - run.Submitted.ToDateTimeOffset()).TotalSeconds;
        var spent = run.Spent;
        var booked = spent.Compute + spent.Exchange + spent.PeerWait + spent.InputWait + spent.Update + spent.Evaluation + spent.CheckpointStall
            + spent.Recovery + spent.Start + spent.Waiting + spent.Control;
        output.WriteLine($"{booked:0.000} of {expected:0.000} worker-seconds: {spent}");
        Assert.InRange(booked / expected, 0.99, 1.01);
        Assert.All([spent.Compute, spent.Update, spent.Start, spent.Recovery, spent.Waiting], seconds => Assert.True(seconds > 0, spent.ToString()));
    }

    /// <remarks>The median of three, since on a machine that has much else to do a single one may be late.</remarks>
    [Fact]
    public async Task Frozen_workers_are_known_within_two_seconds_and_the_others_train_within_three_more()
    {
        await using var cluster = await ChaosCluster.StartAsync(sandbox, sandbox.Spec(1_000_000), workers: 4);
        await cluster.SawAsync(told => told.State is { State: RunState.Running, WorldSize: 4 });
        var recoveries = new List<RecoveryEvent>();
        foreach (var worker in cluster.Workers.Take(3))
        {
            var id = (await cluster.DescribeAsync()).Workers.Single(member => member.ProcessId == worker.Id).WorkerId;
            worker.Process.Signal(Signals.Stop);
            recoveries.Add((await cluster.SawAsync(told => told.Recovery?.WorkerId == id)).Recovery);
        }

        output.WriteLine(string.Join('\n', recoveries));
        Assert.All(recoveries, recovery => Assert.Contains(recovery.Source, new[] { "held", "peers" }));
        Assert.All(recoveries, recovery => Assert.Equal((true, true), (recovery.HasDetectionSeconds, recovery.RepeatedSteps <= 1)));
        Assert.InRange(recoveries.Select(recovery => recovery.DetectionSeconds).Order().ElementAt(1), 0, 2);
        Assert.InRange(recoveries.Select(recovery => recovery.RecoverySeconds).Order().ElementAt(1), 0, 3);
    }

    [Fact]
    public async Task A_slow_worker_is_named_with_its_figures_and_replaced_by_the_others()
    {
        var spec = sandbox.Spec(100_000, yaml => yaml
            .Replace("d_model: 32, d_ff: 64", "d_model: 64, d_ff: 256", StringComparison.Ordinal)
            .Replace("microbatch: 4", "microbatch: 48", StringComparison.Ordinal)
            .Replace("threads: 1", "threads: 1, straggler: replace", StringComparison.Ordinal));
        await using var cluster = await ChaosCluster.StartAsync(sandbox, spec, workers: 3);
        await cluster.SawAsync(told => told.Step?.Step >= 2);
        var members = (await cluster.DescribeAsync()).Workers;
        var victim = cluster.Workers.First(worker => members.Any(member => member.Rank >= 0 && member.ProcessId == worker.Id));

        using var enough = new CancellationTokenSource();
        var slowing = SlowAsync(victim.Process, enough.Token);
        var named = await cluster.SawAsync(told => told.Worker is { } news && news.Worker.ProcessId == victim.Id && news.What.StartsWith("slow: ", StringComparison.Ordinal));
        await enough.CancelAsync();
        await slowing;

        output.WriteLine(named.Worker.What);
        Assert.Matches("^slow: [0-9.]+ ms a slot, the others [0-9.]+ ms \\(medians of 16 steps\\)$", named.Worker.What);
        await cluster.SawAsync(told => told.State is { State: RunState.Running }, named.Time.ToDateTimeOffset());
        Assert.DoesNotContain((await cluster.DescribeAsync()).Workers, member => member.Rank >= 0 && member.ProcessId == victim.Id);
    }

    // Two thirds of its time it stands still, in pieces that are shorter than a slot.
    private static async Task SlowAsync(Cli worker, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            worker.Signal(Signals.Stop);
            await Task.Delay(TimeSpan.FromMilliseconds(40), TimeProvider.System, CancellationToken.None);
            worker.Signal(Signals.Continue);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }
}
