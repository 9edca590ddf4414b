using System.Diagnostics;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Coordinator;

public sealed class VolumeTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Fast_ranks_never_run_out_of_plan_and_every_step_of_theirs_is_stored_once()
    {
        const int Steps = 3000;
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(workersMin: 2, workersMax: 2, steps: Steps));
        await using var one = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        await using var two = await FakeWorker.ConnectAsync(coordinator.Channel, "two");

        var watch = Stopwatch.StartNew();
        await Task.WhenAll(WorkAsync(one), WorkAsync(two));
        var events = await coordinator.WatchUntilAsync(run.RunId, RunState.Succeeded);
        output.WriteLine($"{Steps} steps of 2 ranks in {watch.Elapsed.TotalSeconds:0.00} s, {Environment.ProcessorCount} cores shared with the ranks");

        Assert.Equal(Enumerable.Range(1, Steps).Select(step => (long)step), events.Where(told => told.Step is not null).Select(told => told.Step.Step));
        Assert.Equal(Steps + 1, (await File.ReadAllLinesAsync(Path.Combine(coordinator.OutDir, "ledger.jsonl"))).Length);

        static async Task WorkAsync(FakeWorker worker)
        {
            await worker.AssignedAsync();
            await worker.ReadyAsync();
            for (var step = 1; step <= Steps; step++)
            {
                while (!worker.Planned.ContainsKey(step))
                {
                    await worker.UntilAsync(CoordinatorMessage.MessageOneofCase.Plan);
                }

                await worker.DoneAsync(step, (ulong)step);
            }

            await worker.LeftAsync(Left.Types.Outcome.Finished, Steps, Steps);
        }
    }
}
