using System.Text.Json;
using Grpc.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Coordinator;

public sealed class CoordinatorTests
{
    [Fact]
    public async Task Two_workers_do_every_step_once_and_the_run_succeeds()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(workersMin: 2, workersMax: 2, steps: 3));
        await using var one = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        await using var two = await FakeWorker.ConnectAsync(coordinator.Channel, "two");

        await one.AssignedAsync();
        await two.AssignedAsync();
        Assert.Equal([(0, 2), (2, 4)], one.Assignment.Slots.Select(slots => (slots.First, slots.End)));
        Assert.Equal((0, 1, 2), (one.Assignment.Rank, two.Assignment.Rank, one.Assignment.WorldSize));
        Assert.Equal([1, 2, 3], one.Planned.Keys);
        foreach (var worker in new[] { one, two })
        {
            await worker.ReadyAsync();
            for (var step = 1; step <= 3; step++)
            {
                await worker.DoneAsync(step, digest: 100UL + (ulong)step);
            }
        }

        await one.EvaluatedAsync(3, 4.5);
        await one.LeftAsync(Left.Types.Outcome.Finished, 3, 103);
        await two.LeftAsync(Left.Types.Outcome.Finished, 3, 103);
        var events = await coordinator.WatchUntilAsync(run.RunId, RunState.Succeeded);

        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(told => told.Sequence));
        var steps = events.Where(told => told.Step is not null).Select(told => told.Step).ToList();
        Assert.Equal([1, 2, 3], steps.Select(step => step.Step));
        Assert.Equal([9.0, 4.5, 3.0], steps.Select(step => step.Loss));
        Assert.Equal(4000, steps[0].TokensPerSecond);
        Assert.Equal([RunState.Queued, RunState.Placing, RunState.Running, RunState.Succeeded],
            events.Where(told => told.State is not null).Select(told => told.State.State));
        var ended = await coordinator.GetAsync(run.RunId);
        Assert.Equal((3, 103UL, 3.0, 4.5), (ended.Step, ended.WeightsDigest, ended.LastLoss, ended.ValidationLoss));
        var release = await one.UntilAsync(CoordinatorMessage.MessageOneofCase.Release);
        Assert.True(release.Release.Forget);
    }

    [Fact]
    public async Task What_a_run_knew_after_a_step_is_told_once_however_often_it_is_said()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(steps: 2));
        await using var worker = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        await worker.AssignedAsync();
        await worker.ReadyAsync();
        await worker.AskedAsync(0, 1);
        await worker.DoneAsync(1, digest: 101);
        await worker.AskedAsync(1, 4);
        await worker.AskedAsync(0, 1);
        await worker.AskedAsync(1, 4);
        await worker.DoneAsync(2, digest: 102);
        await worker.AskedAsync(2, 3);
        await worker.LeftAsync(Left.Types.Outcome.Finished, 2, 102);

        var events = await coordinator.WatchUntilAsync(run.RunId, RunState.Succeeded);

        Assert.Equal([(0, 1), (1, 4), (2, 3)], events.Where(told => told.Knowledge is not null).Select(told => ((int)told.Knowledge.Step, (int)told.Knowledge.Known)));
        var ended = await coordinator.GetAsync(run.RunId);
        Assert.Equal((2, 3, 9), (ended.Knowledge.Step, ended.Knowledge.Known, ended.Knowledge.Questions));
    }

    [Fact]
    public async Task The_plan_hands_out_every_sample_in_order_and_the_ledgers_chain_can_be_recomputed()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(steps: 5));
        await using var worker = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        await worker.AssignedAsync();
        await worker.ReadyAsync();
        for (var step = 1; step <= 5; step++)
        {
            await worker.DoneAsync(step, (ulong)step);
        }

        await coordinator.WatchUntilAsync(run.RunId, told => told.Step?.Step == 5);
        await worker.LeftAsync(Left.Types.Outcome.Finished, 5, 5);
        await coordinator.WatchUntilAsync(run.RunId, RunState.Succeeded);

        var perEpoch = 10_000 / SpanLengths.For(64).Raw;
        var expected = Enumerable.Range(0, 5 * 32).Select(n => ((long)(n / perEpoch), (long)(n % perEpoch)));
        Assert.Equal(expected, worker.Planned.Values.SelectMany(step => step.Samples).SelectMany(range => Enumerable.Range(0, (int)range.Count).Select(n => (range.Epoch, range.First + n))));

        var lines = await File.ReadAllLinesAsync(Path.Combine(coordinator.OutDir, "ledger.jsonl"));
        Assert.Equal(6, lines.Length);
        var digest = Ledger.Start(JsonDocument.Parse(lines[0]).RootElement.GetProperty("spec_digest").GetString()!);
        foreach (var line in lines[1..].Select(line => JsonDocument.Parse(line).RootElement))
        {
            var samples = line.GetProperty("samples").EnumerateArray().Select(range => new Orchestrator.Core.Data.SampleRange(range[0].GetInt64(), range[1].GetInt64(), range[2].GetInt64())).ToList();
            digest = Ledger.Next(digest, line.GetProperty("step").GetInt64(), samples, Convert.ToUInt64(line.GetProperty("weights_digest").GetString(), 16));
            Assert.Equal(digest, line.GetProperty("digest").GetString());
        }
    }

    [Fact]
    public async Task A_lost_worker_opens_a_new_generation_of_the_survivors_and_the_step_that_all_of_them_hold_is_committed()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(workersMin: 1, workersMax: 2, steps: 100));
        await using var one = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        var two = await FakeWorker.ConnectAsync(coordinator.Channel, "two");
        await one.AssignedAsync();
        if (one.Assignment.WorldSize == 1)
        {
            Assert.Skip("the machine was so slow that the run started before the second worker came");
        }

        await two.AssignedAsync();
        await one.ReadyAsync();
        await two.ReadyAsync();
        await one.DoneAsync(1, 11);
        await two.DoneAsync(1, 11);
        await one.DoneAsync(2, 12);
        await coordinator.WatchUntilAsync(run.RunId, told => told.Step?.Step == 1);

        await two.DisposeAsync();
        await one.LeftAsync(Left.Types.Outcome.PeerLost, 2, 12, "connection reset");
        await one.AssignedAsync();
        Assert.Equal((2, 0, 1, 1), (one.Assignment.Generation, one.Assignment.Rank, one.Assignment.WorldSize, one.Assignment.CommittedStep));
        await one.ReadyAsync(2, 12, "held");
        await one.DoneAsync(3, 13);
        var events = await coordinator.WatchUntilAsync(run.RunId, told => told.Step?.Step == 3);

        Assert.Equal([(1, 11UL), (2, 12UL), (3, 13UL)], events.Where(told => told.Step is not null).Select(told => (told.Step.Step, told.Step.WeightsDigest)));
        Assert.Contains(events, told => told.Worker?.Worker.WorkerId == "two" && told.Worker.What.StartsWith("lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_a_restart_a_worker_that_kept_training_reports_what_it_did_and_goes_on_in_its_generation()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(steps: 200));
        var worker = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        var assignment = await worker.AssignedAsync();
        await worker.ReadyAsync();
        await worker.DoneAsync(1, 1);
        await coordinator.WatchUntilAsync(run.RunId, told => told.Step?.Step == 1);

        await coordinator.RestartAsync();
        await worker.DisposeAsync();
        await using var again = await FakeWorker.ConnectAsync(coordinator.Channel, "one", new HeldAssignment
        {
            RunId = run.RunId,
            Generation = 1,
            Rank = 0,
            State = new StepState { Step = 3, WeightsDigest = 3 },
        });
        await again.AssignedAsync();
        Assert.Equal((assignment.Generation, run.RunId), (again.Assignment.Generation, again.Assignment.RunId));
        for (var step = 1; step <= 4; step++)
        {
            await again.DoneAsync(step, (ulong)step);
        }

        var events = await coordinator.WatchUntilAsync(run.RunId, told => told.Step?.Step == 4);
        Assert.Equal([1, 2, 3, 4], events.Where(told => told.Step is not null).Select(told => told.Step.Step));
        Assert.Equal(RunState.Running, (await coordinator.GetAsync(run.RunId)).State);
    }

    [Fact]
    public async Task A_paused_run_is_resumed_from_its_checkpoint()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(steps: 100));
        await using var worker = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        await worker.AssignedAsync();
        await worker.ReadyAsync();
        await worker.DoneAsync(1, 1);
        await coordinator.Runs.PauseAsync(new RunRequest { RunId = run.RunId }, CoordinatorFixture.Headers);
        await worker.UntilAsync(CoordinatorMessage.MessageOneofCase.Drain);
        await coordinator.Checkpoints.CommitAsync(
            new CommitCheckpointRequest { RunId = run.RunId, Generation = 1, Checkpoint = new CheckpointEvent { Step = 1, Path = "/out/checkpoints/step-00000001", WeightsDigest = 1 } },
            CoordinatorFixture.Headers);
        await worker.LeftAsync(Left.Types.Outcome.Drained, 1, 1);
        await coordinator.WatchUntilAsync(run.RunId, RunState.Paused);

        await coordinator.Runs.ResumeAsync(new RunRequest { RunId = run.RunId }, CoordinatorFixture.Headers);
        await worker.AssignedAsync();

        Assert.Equal((2, 1, "/out/checkpoints/step-00000001"), (worker.Assignment.Generation, worker.Assignment.CommittedStep, worker.Assignment.CheckpointPath));
        Assert.Equal(2, worker.Planned.Keys.First());
        var list = await coordinator.Checkpoints.ListAsync(new ListCheckpointsRequest { RunId = run.RunId }, CoordinatorFixture.Headers);
        Assert.Equal([1], list.Checkpoints.Select(saved => saved.Step));
    }

    [Fact]
    public async Task Ranks_whose_weights_differ_fail_the_run_and_the_reason_names_them()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(workersMin: 2, workersMax: 2));
        await using var one = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        await using var two = await FakeWorker.ConnectAsync(coordinator.Channel, "two");
        await one.AssignedAsync();
        await two.AssignedAsync();
        await one.ReadyAsync();
        await two.ReadyAsync();
        await one.DoneAsync(1, 0xa);
        await two.DoneAsync(1, 0xb);

        var failed = (await coordinator.WatchUntilAsync(run.RunId, RunState.Failed))[^1].State;

        // Two streams: either may be heard first.
        const string One = "rank 0 (one) has 000000000000000a", Two = "rank 1 (two) has 000000000000000b";
        Assert.Contains(failed.Reason, new[] { $"step 1: the weights differ, {One} and {Two}", $"step 1: the weights differ, {Two} and {One}" });
    }

    [Fact]
    public async Task A_step_done_again_with_other_weights_than_the_ledgers_fails_the_run()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(steps: 10));
        await using var worker = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        await worker.AssignedAsync();
        await worker.ReadyAsync();
        await worker.DoneAsync(1, 1);
        await worker.LeftAsync(Left.Types.Outcome.PeerLost, 1, 1, "test");
        await worker.AssignedAsync();
        await worker.ReadyAsync(0, 0, "none");
        await worker.DoneAsync(1, 2);

        var failed = (await coordinator.WatchUntilAsync(run.RunId, RunState.Failed))[^1].State;

        Assert.Contains("step 1 was done again and the weights differ", failed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_workers_warn_of_is_an_event_and_what_both_say_is_told_once()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        await using var first = await FakeWorker.ConnectAsync(coordinator.Channel, "first");
        await using var second = await FakeWorker.ConnectAsync(coordinator.Channel, "second");
        var run = await coordinator.SubmitAsync(coordinator.Spec(workersMin: 2, workersMax: 2));
        await first.AssignedAsync();
        await second.AssignedAsync();

        await first.LogAsync("the disk is nearly full");
        foreach (var worker in new[] { first, second })
        {
            await worker.LogAsync("a checkpoint is damaged", "warning");
            await worker.LogAsync("it is passed over", "warning");
            await worker.ReadyAsync();
        }

        var events = await coordinator.WatchUntilAsync(run.RunId, RunState.Running);
        Assert.Equal(["a checkpoint is damaged", "it is passed over"], events.Where(told => told.Warning is not null).Select(told => told.Warning.Text));
    }

    [Fact]
    public async Task Logs_are_kept_with_the_run()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(steps: 1));
        await using var worker = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        await worker.AssignedAsync();
        await worker.LogAsync("hello");
        await worker.LeftAsync(Left.Types.Outcome.Failed, text: "the loss is not finite at step 1");
        await coordinator.WatchUntilAsync(run.RunId, RunState.Failed);

        using var call = coordinator.Runs.Logs(new LogsRequest { RunId = run.RunId, Follow = true }, CoordinatorFixture.Headers);
        var lines = new List<LogLine>();
        await foreach (var line in call.ResponseStream.ReadAllAsync())
        {
            lines.Add(line);
        }

        Assert.Equal([("one", "info", "hello")], lines.Select(line => (line.WorkerId, line.Level, line.Text)));
        Assert.Equal("the loss is not finite at step 1", (await coordinator.GetAsync(run.RunId)).Reason);
    }
}
