using System.Diagnostics;
using System.Globalization;
using Orchestrator.Core.Runs;
using Orchestrator.Core.Specs;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Cluster.Chaos;

/// <summary>Seeded schedules of faults on real processes: afterwards the files, the digests and the ledger are those of an undisturbed run.</summary>
/// <remarks><c>bench/chaos.sh --faults N --seed S</c> runs one schedule and prints its table.</remarks>
public sealed class ChaosTests(Sandbox sandbox, ITestOutputHelper output)
{
    private const int Workers = 3;

    // Longer than any schedule: the run is stopped when all its faults have come, so that none comes too late.
    private const long Endless = 1_000_000;

    [Fact]
    public Task A_handful_of_faults_of_every_kind_leaves_no_trace_in_the_weights() => ThroughAsync(seed: 1, faults: Enum.GetValues<FaultKind>().Length);

    [Fact]
    [Trait("Length", "long")]
    public async Task Hundreds_of_faults_leave_no_trace_in_the_weights()
    {
        for (var seed = 2; seed < 6; seed++)
        {
            await ThroughAsync(seed, faults: 50);
        }
    }

    [Fact]
    [Trait("Length", "long")]
    public Task The_schedule_that_was_asked_for_leaves_no_trace_in_the_weights()
    {
        Assert.SkipUnless(Number("ORCHESTRATOR_CHAOS_FAULTS") is not null, "bench/chaos.sh asks for one.");
        return ThroughAsync(Number("ORCHESTRATOR_CHAOS_SEED") ?? 1, Number("ORCHESTRATOR_CHAOS_FAULTS")!.Value);
    }

    private async Task ThroughAsync(int seed, int faults)
    {
        using var disk = new SmallDisk();
        using var network = PrivateNetwork.TryCreate();
        var schedule = Fault.Schedule(seed, faults, disk.IsPermitted, network is not null);
        var spec = Spec(Endless);
        var watch = Stopwatch.StartNew();
        await using var cluster = await ChaosCluster.StartAsync(sandbox, spec, Workers, folder => disk.Mount(Path.Combine(folder, "checkpoints")), network: network);
        var run = new ChaosRun(cluster, disk.Folder, network);
        var outcomes = await run.ThroughAsync(schedule);
        var steps = await run.StopAsync();
        watch.Stop();
        var expected = await UndisturbedAsync(steps);
        var files = Sandbox.TensorFiles(cluster.Out, steps);
        var proof = Proof(spec, cluster.Out);

        var same = files.SequenceEqual(expected);
        var report = ChaosReport.Of(
            seed, outcomes, cluster.Events, watch.Elapsed,
            $"weights and optimizer {(same ? "bit-identical with" : "DIFFERENT from")} the undisturbed run; ledger {(proof.Fault is null ? $"holds: {proof.Steps} steps, {proof.Samples} samples exactly once" : $"FAULTY: {proof.Fault}")}");
        output.WriteLine(report);
        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_CHAOS_REPORT") is { Length: > 0 } path)
        {
            await File.AppendAllTextAsync(path, report, TestContext.Current.CancellationToken);
        }

        Assert.Equal(faults, outcomes.Count);
        Assert.True(same, report);
        Assert.True(proof.Fault is null, report);
        Assert.Equal(steps, proof.Steps);
        Assert.Empty(Rewinds.Of(cluster.Events));
        Assert.Equal(Enumerable.Range(1, (int)steps), cluster.Events.Where(told => told.Step is not null).Select(told => (int)told.Step.Step));
    }

    private string Spec(long steps) => sandbox.Spec(steps, yaml => yaml.Replace("every: 10, keep: 3", "every: 25, keep: 2", StringComparison.Ordinal));

    private async Task<SortedDictionary<string, string>> UndisturbedAsync(long steps)
    {
        await using var cluster = await ChaosCluster.StartAsync(sandbox, Spec(steps), workers: 1);
        await cluster.SawAsync(told => told.State?.State == RunState.Succeeded);
        return Sandbox.TensorFiles(cluster.Out, steps);
    }

    private static LedgerProof Proof(string specFile, string folder)
    {
        var spec = SpecReader.ReadFile(specFile).Spec!;
        var input = RunInput.Require(spec);
        return LedgerAudit.Of(Path.Combine(folder, Ledger.FileName), input.SpecDigest, (long)spec.Batch.Microbatches * spec.Batch.Microbatch, input.SamplesPerEpoch);
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
