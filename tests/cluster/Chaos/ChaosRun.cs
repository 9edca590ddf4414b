using System.Globalization;
using System.Text;
using Orchestrator.Protos.V1;

namespace Orchestrator.Tests.Cluster.Chaos;

/// <summary>What came of a fault.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="AtStep">The step that was committed last before it.</param>
/// <param name="Detection">Until the coordinator opened no further step of the generation; null where none should break.</param>
/// <param name="Training">Until every rank was ready to train again.</param>
internal sealed record FaultOutcome(Fault Fault, long AtStep, TimeSpan? Detection, TimeSpan? Training);

/// <summary>A run through a schedule of faults.</summary>
internal sealed class ChaosRun(ChaosCluster cluster, string? checkpoints, PrivateNetwork? network)
{
    private const int MostWorkers = 5;
    private const int LastGap = 30;

    private readonly List<Task> _later = [];

    /// <summary>Does every fault in its turn, while the run goes on; it never ends by itself.</summary>
    public async Task<IReadOnlyList<FaultOutcome>> ThroughAsync(IEnumerable<Fault> faults)
    {
        var outcomes = new List<FaultOutcome>();
        foreach (var fault in faults)
        {
            await PassAsync(fault.Gap);
            outcomes.Add(await DoAsync(fault));
        }

        await Task.WhenAll(_later);
        return outcomes;
    }

    /// <summary>Stops the run after a whole step that is saved.</summary>
    /// <returns>The step.</returns>
    public async Task<long> StopAsync()
    {
        while (true)
        {
            await PassAsync(LastGap);
            var asked = TimeProvider.System.GetUtcNow();
            await cluster.PauseAsync();
            await cluster.SawAsync(told => told.State?.State == RunState.Paused, asked);
            var run = await cluster.DescribeAsync();
            if (run.CheckpointStep == run.Step)
            {
                await cluster.SawAsync(told => told.Step?.Step == run.Step);
                return run.Step;
            }

            // A rank that had just been asked to make room for another does not save.
            await cluster.ResumeAsync();
        }
    }

    private async Task PassAsync(int steps)
    {
        var goal = cluster.Step + steps;
        await cluster.SawAsync(told => told.Step?.Step >= goal);
    }

    private async Task<FaultOutcome> DoAsync(Fault fault)
    {
        // Of the members of a generation of two or more, so that somebody survives.
        await ChaosCluster.UntilAsync(() => cluster.Workers.Count(worker => !worker.IsHurt) >= 2);
        var at = cluster.Step;
        var world = (await MembersAsync()).Count;
        var began = TimeProvider.System.GetUtcNow();
        switch (fault.Kind)
        {
            case FaultKind.KillWorker:
                (await VictimAsync(fault.Victim)).Process.Signal(Signals.Kill);
                cluster.AddWorker();
                return world > 1 ? await BreaksAsync(fault, at, began) : new FaultOutcome(fault, at, null, null);
            case FaultKind.FreezeWorker:
                var frozen = await VictimAsync(fault.Victim);
                frozen.Process.Signal(Signals.Stop);
                Later(frozen, fault.Seconds, () => frozen.Process.Signal(Signals.Continue));
                return await BreaksAsync(fault, at, began);
            case FaultKind.HiccupWorker:
                var hiccup = await VictimAsync(fault.Victim);
                hiccup.Process.Signal(Signals.Stop);
                await Task.Delay(TimeSpan.FromSeconds(fault.Seconds), TimeProvider.System);
                hiccup.Process.Signal(Signals.Continue);
                break;
            case FaultKind.EndWorker:
                (await VictimAsync(fault.Victim)).Process.Signal(Signals.Terminate);
                cluster.AddWorker();
                break;
            case FaultKind.AddWorker when cluster.Workers.Count < MostWorkers:
                cluster.AddWorker();
                break;
            case FaultKind.CutNetwork:
                var cut = await VictimAsync(fault.Victim);
                cut.Network.Cut();
                Later(cut, fault.Seconds, cut.Network.Mend);
                break;
            case FaultKind.StallNetwork:
                var stalled = await VictimAsync(fault.Victim);
                stalled.Network.Stall();
                Later(stalled, fault.Seconds, stalled.Network.Mend);
                return await BreaksAsync(fault, at, began);
            case FaultKind.KillCoordinator:
                await cluster.KillCoordinatorAsync();
                await Task.Delay(TimeSpan.FromSeconds(fault.Seconds), TimeProvider.System);
                await cluster.StartCoordinatorAsync();
                break;
            case FaultKind.FreezeCoordinator:
                cluster.SignalCoordinator(Signals.Stop);
                await Task.Delay(TimeSpan.FromSeconds(fault.Seconds), TimeProvider.System);
                cluster.SignalCoordinator(Signals.Continue);
                break;
            case FaultKind.KillTwoWorkers:
                (await VictimAsync(fault.Victim)).Process.Signal(Signals.Kill);
                (await VictimAsync(fault.Victim / 7)).Process.Signal(Signals.Kill);
                cluster.AddWorker();
                cluster.AddWorker();
                break;
            case FaultKind.KillWorkerAndCoordinator:
                var victim = await VictimAsync(fault.Victim);
                victim.Process.Signal(Signals.Kill);
                await cluster.KillCoordinatorAsync();
                cluster.AddWorker();
                await cluster.StartCoordinatorAsync();
                break;
            case FaultKind.FillDisk when checkpoints is not null:
                await FillAsync(Path.Combine(checkpoints, "filler"), TimeSpan.FromSeconds(fault.Seconds));
                break;
            case FaultKind.CutPeers when network is not null:
                var (one, other) = await PairAsync();
                began = TimeProvider.System.GetUtcNow();
                network.Cut(one.Host!, other.Host!);
                Later(one, fault.Seconds, () => network.Mend(one.Host!, other.Host!));
                return await BreaksAsync(fault, at, began);
        }

        return new FaultOutcome(fault, at, null, null);
    }

    private async Task<FaultOutcome> BreaksAsync(Fault fault, long at, DateTimeOffset began)
    {
        var detected = (await cluster.SawAsync(told => told.State?.State is RunState.Recovering, began)).Time.ToDateTimeOffset();
        var trains = (await cluster.SawAsync(told => told.State?.State is RunState.Running, detected)).Time.ToDateTimeOffset();
        return new FaultOutcome(fault, at, detected - began, trains - began);
    }

    // The draw falls on the newest generation's ranks that nothing is wrong with.
    private async Task<ChaosWorker> VictimAsync(int draw)
    {
        var members = await MembersAsync();
        var sound = cluster.Workers.Where(worker => !worker.IsHurt).OrderBy(worker => worker.Id).ToList();
        var ranks = sound.Where(worker => members.Contains(worker.Id)).ToList();
        var from = ranks.Count > 0 ? ranks : sound;
        return from[draw % from.Count];
    }

    // The first two ranks, once there are two that nothing is wrong with.
    private async Task<(ChaosWorker One, ChaosWorker Other)> PairAsync()
    {
        while (true)
        {
            var members = await MembersAsync();
            var ranks = members.Select(id => cluster.Workers.FirstOrDefault(worker => worker.Id == id && !worker.IsHurt)).OfType<ChaosWorker>().Take(2).ToList();
            if (ranks.Count == 2)
            {
                return (ranks[0], ranks[1]);
            }

            await PassAsync(1);
        }
    }

    private async Task<IReadOnlyList<int>> MembersAsync() => [.. (await cluster.DescribeAsync()).Workers.Where(worker => worker.Rank >= 0).Select(worker => worker.ProcessId)];

    private void Later(ChaosWorker worker, double seconds, Action mend)
    {
        worker.IsHurt = true;
        _later.Add(MendAsync());

        async Task MendAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
            mend();
            worker.IsHurt = false;
        }
    }

    private static async Task FillAsync(string file, TimeSpan time)
    {
        SmallDisk.Fill(file);
        await Task.Delay(time, TimeProvider.System);
        File.Delete(file);
    }
}

/// <summary>A chaos run's table.</summary>
internal static class ChaosReport
{
    public static string Of(int seed, IReadOnlyList<FaultOutcome> outcomes, IReadOnlyList<RunEvent> events, TimeSpan took, string verdict)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"seed {seed}: {outcomes.Count} faults in {took.TotalSeconds:0} s, ");
        text.Append(CultureInfo.InvariantCulture, $"{events.Select(told => told.State?.Generation ?? 0).Max()} generations, load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}\n");
        text.Append(CultureInfo.InvariantCulture, $"{"fault",-26}{"times",6}{"known after, ms p50/p99",26}{"trains after, ms p50/p99",26}\n");
        foreach (var kind in outcomes.GroupBy(outcome => outcome.Fault.Kind).OrderBy(kind => kind.Key))
        {
            var detection = kind.Where(outcome => outcome.Detection is not null).Select(outcome => outcome.Detection!.Value.TotalMilliseconds).Order().ToList();
            var training = kind.Where(outcome => outcome.Training is not null).Select(outcome => outcome.Training!.Value.TotalMilliseconds).Order().ToList();
            text.Append(CultureInfo.InvariantCulture, $"{kind.Key,-26}{kind.Count(),6}{Quantiles(detection),26}{Quantiles(training),26}\n");
        }

        var recoveries = events.Where(told => told.Recovery is not null).Select(told => told.Recovery).ToList();
        var seconds = recoveries.Select(recovery => 1000 * recovery.RecoverySeconds).Order().ToList();
        text.Append(CultureInfo.InvariantCulture, $"recoveries {recoveries.Count}, from known to training ms p50/p99 {Quantiles(seconds)}; ");
        text.Append(CultureInfo.InvariantCulture, $"state from {string.Join(", ", recoveries.GroupBy(recovery => recovery.Source).OrderBy(source => source.Key, StringComparer.Ordinal).Select(source => $"{source.Key} {source.Count()}"))}; ");
        text.Append(CultureInfo.InvariantCulture, $"committed steps done again {recoveries.Sum(recovery => recovery.RepeatedSteps)}\n{verdict}\n");
        return text.ToString();
    }

    private static string Quantiles(List<double> sorted) => sorted.Count == 0 ? "-" : string.Create(
        CultureInfo.InvariantCulture, $"{sorted[(sorted.Count - 1) / 2]:0} / {sorted[(int)Math.Ceiling(0.99 * sorted.Count) - 1]:0}");
}
