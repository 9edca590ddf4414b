using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Coordinator.Crashes;

/// <summary>What a power cut leaves of the store's log: any prefix of it, with any end.</summary>
public sealed class TornFileTests
{
    [Fact]
    public Task A_store_whose_log_was_torn_stands_as_it_was_at_some_commit() => TearAsync(places: 60);

    [Fact]
    [Trait("Length", "long")]
    public Task A_store_whose_log_was_torn_at_any_of_two_thousand_places_stands_as_it_was_at_some_commit() => TearAsync(places: 2000);

    [Fact]
    public async Task The_ledger_of_an_ended_run_that_lost_its_end_is_written_anew_and_a_folder_that_was_removed_stays_away()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var kept = await SucceedAsync(coordinator, coordinator.OutDir);
        var removed = Path.Combine(coordinator.Folder, "removed");
        await SucceedAsync(coordinator, removed);
        var file = Path.Combine(coordinator.OutDir, Ledger.FileName);
        var before = await File.ReadAllTextAsync(file);

        await coordinator.RestartAsync(async () =>
        {
            await File.WriteAllTextAsync(file, before[..^7]);
            Directory.Delete(removed, recursive: true);
        });

        Assert.Equal(before, await File.ReadAllTextAsync(file));
        Assert.False(Directory.Exists(removed));
        Assert.Equal(RunState.Succeeded, (await coordinator.GetAsync(kept)).State);
    }

    private static async Task TearAsync(int places)
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        await SucceedAsync(coordinator, coordinator.OutDir);
        var image = Path.Combine(coordinator.Folder, "data", SqliteDialect.FileName);
        var log = await File.ReadAllBytesAsync(image + "-wal");
        Assert.True(log.Length > 50_000, "the log is too short to be torn");
        var random = new Random(1);
        var seen = new HashSet<long>();
        for (var place = 0; place < places; place++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(coordinator.Folder, $"torn-{place}")).FullName;
            File.Copy(image, Path.Combine(folder, SqliteDialect.FileName));
            var torn = log[..(int)((long)log.Length * (place + 1) / places)];
            if (place % 2 == 1)
            {
                // The length reached the disk and the last page did not.
                random.NextBytes(torn.AsSpan(Math.Max(0, torn.Length - 4096)));
            }

            await File.WriteAllBytesAsync(Path.Combine(folder, $"{SqliteDialect.FileName}-wal"), torn);
            seen.Add(Check(folder));
            Directory.Delete(folder, recursive: true);
        }

        Assert.True(seen.Count > 3, $"all places stand at steps {string.Join(' ', seen)}");
    }

    private static long Check(string folder)
    {
        var store = new SqlRunStore(new SqliteDialect(folder), "the torn store");
        try
        {
            using var session = store.TryLead("here")!;
            foreach (var (facts, run, progress) in store.LoadAll())
            {
                var events = store.Events(run.Id, 1, int.MaxValue);
                Assert.Equal(Enumerable.Range(1, events.Count).Select(sequence => (long)sequence), events.Select(told => told.Sequence));
                Assert.Equal(progress.LastSequence, events.Count);
                var ledger = store.Ledger(run.Id, 1);
                Assert.Equal(run.Step, ledger.Count);
                Assert.Equal(ledger.Select(row => row.Step), events.Where(told => told.Step is not null).Select(told => told.Step.Step));
                Assert.Equal(progress.LedgerDigest, ledger.Count == 0 ? Ledger.Start(facts.SpecDigest) : ledger[^1].Digest);
                Assert.Equal(run.Phase == RunPhase.Succeeded, run.Step == run.TotalSteps && events[^1].State is not null);
                session.Commit([new ChangeRun(run, progress)]);
                return run.Step;
            }

            return -1;
        }
        finally
        {
            store.Close();
        }
    }

    private static async Task<string> SucceedAsync(CoordinatorFixture coordinator, string outDir)
    {
        const int Steps = 8;
        var run = await coordinator.SubmitAsync(coordinator.Spec(steps: Steps), outDir);
        await using var worker = await FakeWorker.ConnectAsync(coordinator.Channel, $"worker of {outDir}");
        await worker.AssignedAsync();
        await worker.ReadyAsync();
        for (var step = 1; step <= Steps; step++)
        {
            await worker.DoneAsync(step, (ulong)step);
            await coordinator.WatchUntilAsync(run.RunId, told => told.Step?.Step == step);
        }

        await worker.LeftAsync(Left.Types.Outcome.Finished, Steps, Steps, leaving: true);
        await coordinator.WatchUntilAsync(run.RunId, RunState.Succeeded);
        return run.RunId;
    }
}
