using Orchestrator.Protos.V1;
using Orchestrator.Tests.Cluster.Chaos;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>Workers that both reach the coordinator and do not reach each other.</summary>
public sealed class PeerNetworkTests(Sandbox sandbox, ITestOutputHelper output)
{
    private const string NoNetwork = "Hosts of their own are network namespaces, and making them is not permitted here.";

    [Fact]
    public async Task A_cut_between_two_workers_is_known_within_2_s_and_the_others_go_on()
    {
        using var network = PrivateNetwork.TryCreate();
        Assert.SkipUnless(network is not null, NoNetwork);
        await using var cluster = await ChaosCluster.StartAsync(sandbox, Spec(min: 2), workers: 3, network: network);

        var broken = await CutAsync(cluster, network, 0, 1);

        Assert.Matches("^workers [^ ]+ \\(rank [01]\\) and [^ ]+ \\(rank [01]\\) cannot reach each other: nothing passed between them for [0-9.]+ s$", broken.State.Reason);
        var trains = await cluster.SawAsync(told => told.State?.State == RunState.Running, broken.Time.ToDateTimeOffset());
        Assert.Equal(2, trains.State.WorldSize);
        var recovery = (await cluster.SawAsync(told => told.Recovery is not null, broken.Time.ToDateTimeOffset())).Recovery;
        output.WriteLine($"detection {recovery.DetectionSeconds:0.000} s, recovery {recovery.RecoverySeconds:0.000} s");
        Assert.InRange(recovery.DetectionSeconds, 0, 2);
        // The ranks of old may stand a step apart.
        Assert.Contains(recovery.Source, new[] { "held", "peers" });
        Assert.Equal(0, recovery.RepeatedSteps);
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task Two_that_are_cut_off_before_they_meet_wait_and_say_why_until_they_reach_each_other()
    {
        using var network = PrivateNetwork.TryCreate();
        Assert.SkipUnless(network is not null, NoNetwork);
        await using var cluster = await ChaosCluster.StartAsync(sandbox, Spec(min: 2), workers: 2, network: network);
        network.Cut(cluster.Workers[0].Host!, cluster.Workers[1].Host!);

        await cluster.SawAsync(told => told.State?.Reason.Contains("cannot reach each other: nothing passed", StringComparison.Ordinal) == true);
        var run = await cluster.DescribeAsync();
        Assert.Matches("workers [^ ]+ and [^ ]+ cannot reach each other; needs 2 workers, 1 is free", run.Reason);
        network.Mend(cluster.Workers[0].Host!, cluster.Workers[1].Host!);

        await cluster.SawAsync(told => told.State is { State: RunState.Running });
    }

    [Theory]
    [Trait("Length", "long")]
    [InlineData(4)]
    [InlineData(512)]
    public async Task Cuts_at_any_moment_of_short_and_of_long_steps_are_known_within_2_s(int microbatch)
    {
        var seconds = new List<double>();
        for (var cut = 0; cut < 10; cut++)
        {
            using var network = PrivateNetwork.TryCreate();
            Assert.SkipUnless(network is not null, NoNetwork);
            await using var cluster = await ChaosCluster.StartAsync(sandbox, Spec(min: 1, microbatch), workers: 2, network: network);
            var began = DateTimeOffset.MinValue;
            await CutAsync(cluster, network, 0, 1, () => began = TimeProvider.System.GetUtcNow());
            // Told once training goes on; the ranks let go of the old generation when they are done with a microbatch.
            var recovered = await cluster.SawAsync(told => told.Recovery is not null, began);
            seconds.Add((recovered.Time.ToDateTimeOffset() - TimeSpan.FromSeconds(recovered.Recovery.RecoverySeconds) - began).TotalSeconds);
        }

        seconds.Sort();
        output.WriteLine($"microbatch {microbatch}: known after {seconds[4]:0.00} s (p50), {seconds[^1]:0.00} s (longest of {seconds.Count})");
        Assert.InRange(seconds[^1], 0.5, 2);
    }

    private string Spec(int min, int microbatch = 4) => sandbox.Spec(1_000_000, yaml => yaml
        .Replace("min: 1, max: 4", $"min: {min}, max: 4", StringComparison.Ordinal)
        .Replace("microbatch: 4", $"microbatch: {microbatch}", StringComparison.Ordinal));

    private static async Task<RunEvent> CutAsync(ChaosCluster cluster, PrivateNetwork network, int one, int other, Action? now = null)
    {
        await cluster.SawAsync(told => told.Step?.Step >= 3);
        var ranks = (await cluster.DescribeAsync()).Workers.Where(worker => worker.Rank == one || worker.Rank == other).Select(worker => worker.ProcessId).ToList();
        var hosts = cluster.Workers.Where(worker => ranks.Contains(worker.Id)).Select(worker => worker.Host!).ToList();
        var began = TimeProvider.System.GetUtcNow();
        now?.Invoke();
        network.Cut(hosts[0], hosts[1]);
        return await cluster.SawAsync(told => told.State?.State == RunState.Recovering, began);
    }
}
