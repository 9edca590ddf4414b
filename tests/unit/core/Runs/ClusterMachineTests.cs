using Orchestrator.Core.Runs;
using Xunit;

namespace Orchestrator.Tests.Core.Runs;

public sealed class ClusterMachineTests
{
    private readonly ClusterOptions _options = new();
    private readonly List<ClusterAction> _actions = [];
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private Cluster _cluster = Cluster.Empty;
    private long _sessions;

    [Fact]
    public void A_run_with_all_the_workers_it_may_have_starts_at_once()
    {
        Submit("a", min: 1, max: 2);
        Appear("w1", "w2");

        Assert.Equal([("w1", 0, 2), ("w2", 1, 2)], _actions.OfType<AssignRank>().Select(assign => (assign.WorkerId, assign.Rank, assign.WorldSize)));
    }

    [Fact]
    public void A_run_with_its_minimum_waits_a_moment_for_more_and_then_starts_with_what_it_has()
    {
        Submit("a", min: 1, max: 3);
        Appear("w1", "w2");
        Assert.Equal(RunPhase.Placing, Run("a").Phase);
        Assert.Empty(_actions.OfType<AssignRank>());

        Pass(_options.PlacementGrace);

        Assert.Equal(["w1", "w2"], Run("a").Members.Select(member => member.WorkerId));
    }

    [Fact]
    public void A_gang_gets_all_it_needs_or_nothing_and_says_so()
    {
        Submit("a", min: 3, max: 3);
        Appear("w1", "w2");
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal((RunPhase.Queued, "needs 3 workers, 2 are free"), (Run("a").Phase, Run("a").Reason));
        Assert.Empty(_actions.OfType<AssignRank>());
    }

    [Fact]
    public void A_later_run_does_not_overtake_an_earlier_one_that_waits()
    {
        Submit("big", min: 2, max: 2);
        Submit("small", min: 1, max: 1);
        Appear("w1");

        Assert.False(Run("small").HasMembers);
        Assert.Equal("waits behind run big, which came first and needs 2 workers", Run("small").Reason);
        Appear("w2", "w3");
        Assert.Equal(["w1", "w2"], Run("big").Members.Select(member => member.WorkerId));
        Assert.Equal(["w3"], Run("small").Members.Select(member => member.WorkerId));
    }

    [Fact]
    public void A_run_runs_when_every_rank_is_ready_and_a_step_is_committed_when_every_rank_reported_it()
    {
        Train("a", "w1", "w2");
        Assert.Equal((RunPhase.Running, "2 workers train from step 0 (none)"), (Run("a").Phase, Run("a").Reason));

        Report("a", "w1", 1);
        Report("a", "w1", 2);
        Assert.Equal(0, Run("a").Step);
        Report("a", "w2", 1);
        Assert.Equal(1, Run("a").Step);
        Report("a", "w2", 1);
        Report("a", "w2", 2);

        Assert.Equal([1, 2], _actions.OfType<CommitStep>().Select(commit => commit.Step));
    }

    [Fact]
    public void What_is_said_of_an_older_generation_changes_nothing()
    {
        Train("a", "w1", "w2");
        var before = Run("a");

        Happen(new RankLeft("w1", "a", 0, LeftOutcome.Failed, "old news", 0, 0, Leaving: false));
        Happen(new RankReady("w1", "a", 7, 3, 3, "none"));
        Happen(new StepReported("stranger", "a", 1, 1, 1, null));

        Assert.Equal((before.Phase, before.Generation, before.Step), (Run("a").Phase, Run("a").Generation, Run("a").Step));
    }

    [Fact]
    public void A_worker_silent_for_longer_than_the_limit_is_lost_and_the_survivor_is_released_at_once()
    {
        Train("a", "w1", "w2");
        Pass(TimeSpan.FromSeconds(1.6), heard: "w1");
        Assert.Equal(1, Run("a").Generation);
        Assert.DoesNotContain(_actions, action => action is SendRelease);

        Pass(TimeSpan.FromMilliseconds(200), heard: "w1");

        Assert.Contains(_actions, action => action is SendRelease { WorkerId: "w1", Generation: 1, Forget: false });
        Assert.False(_cluster.Workers.ContainsKey("w2"));
        Assert.Equal("worker w2 (rank 1) was silent for 1.8 s", Run("a").BrokenReason);
    }

    [Fact]
    public void Survivors_that_let_go_form_the_next_generation_at_once_in_the_order_of_their_ranks()
    {
        Train("a", min: 2, "w1", "w2", "w3");
        Happen(new WorkerDisconnected("w2", _cluster.Workers["w2"].Session));
        Assert.Null(Run("a").BrokenSince);

        Left("a", "w1", LeftOutcome.PeerLost);
        Left("a", "w3", LeftOutcome.PeerLost);

        Assert.Equal((RunPhase.Recovering, 2), (Run("a").Phase, Run("a").Generation));
        Assert.Equal(["w1", "w3"], Run("a").Members.Select(member => member.WorkerId));
    }

    [Fact]
    public void Too_few_survivors_wait_and_the_reason_names_need_and_cause()
    {
        Train("a", min: 2, "w1", "w2");
        Happen(new WorkerDisconnected("w2", _cluster.Workers["w2"].Session));
        Left("a", "w1", LeftOutcome.PeerLost);

        Assert.Equal(RunPhase.Recovering, Run("a").Phase);
        Assert.Equal("needs 2 workers, 1 is free; worker w1 (rank 0) lost a peer: said the test", Run("a").Reason);
        Appear("w3");
        Assert.Equal(["w1", "w3"], Run("a").Members.Select(member => member.WorkerId));
    }

    [Fact]
    public void A_short_cut_of_a_connection_changes_no_generation_and_all_is_said_again()
    {
        Train("a", "w1", "w2");
        Happen(new WorkerDisconnected("w2", _cluster.Workers["w2"].Session));
        Pass(TimeSpan.FromSeconds(1), heard: "w1");
        _actions.Clear();
        Happen(new WorkerAppeared("w2", 99, "a", 1));

        Assert.Equal((1, RunPhase.Running), (Run("a").Generation, Run("a").Phase));
        Assert.Contains(_actions, action => action is AssignRank { WorkerId: "w2", Generation: 1, Rank: 1 });
        Assert.Contains(_actions, action => action is SendPlan { WorkerId: "w2", First: 1 });
    }

    [Fact]
    public void A_coordinator_that_was_held_up_does_not_blame_the_workers()
    {
        Train("a", "w1", "w2");
        Happen(new Ticked());
        _now += TimeSpan.FromMinutes(5);
        Happen(new Ticked());
        _now += TimeSpan.FromSeconds(1);
        Happen(new Ticked());

        Assert.Equal(2, _cluster.Workers.Count);
        Assert.Null(Run("a").BrokenSince);
    }

    [Fact]
    public void A_worker_that_leaves_is_not_assigned_again()
    {
        Train("a", min: 1, "w1", "w2");
        Left("a", "w1", LeftOutcome.Drained, leaving: true);
        Left("a", "w2", LeftOutcome.Drained);

        Assert.Equal(["w2"], Run("a").Members.Select(member => member.WorkerId));
    }

    [Fact]
    public void A_worker_that_broke_is_barred_from_the_run_and_free_for_others()
    {
        Train("a", min: 1, "w1", "w2");
        Left("a", "w2", LeftOutcome.Broken);
        Left("a", "w1", LeftOutcome.PeerLost);
        Assert.Equal(["w1"], Run("a").Members.Select(member => member.WorkerId));

        Submit("b", min: 1, max: 1);
        Assert.Equal(["w2"], Run("b").Members.Select(member => member.WorkerId));
    }

    [Fact]
    public void Generations_that_break_for_no_visible_reason_fail_the_run_in_the_end()
    {
        Train("a", "w1");
        for (var generation = 0; generation < _options.FruitlessGenerations; generation++)
        {
            Left("a", "w1", LeftOutcome.PeerLost);
        }

        Assert.Equal((RunPhase.Failed, "5 generations in a row ended before a step was done; the last: worker w1 (rank 0) lost a peer: said the test"), (Run("a").Phase, Run("a").Reason));
    }

    [Fact]
    public void Generations_that_break_while_a_worker_waits_for_its_input_do_not_fail_the_run()
    {
        Train("a", "w1", "w2");
        for (var generation = 0; generation < 2 * _options.FruitlessGenerations; generation++)
        {
            // Who waits for a store keeps its peers waiting until they take it for lost.
            Happen(new ActivityChanged("w1", "training", "the store s3://texts is away"));
            Left("a", "w2", LeftOutcome.PeerLost);
            Left("a", "w1", LeftOutcome.PeerLost);
        }

        Assert.Equal(RunPhase.Recovering, Run("a").Phase);
    }

    [Fact]
    public void What_a_run_waits_for_is_said_until_it_comes()
    {
        Train("a", "w1", "w2");
        Assert.Null(Explanation.WaitOf(_cluster, Run("a")));

        Happen(new ActivityChanged("w2", "training", "the store s3://texts is away"));

        Assert.Equal("waiting for input: the store s3://texts is away, says w2", Explanation.WaitOf(_cluster, Run("a")));
        Assert.Contains("It is waiting for input: the store s3://texts is away", Explanation.Of(_cluster, Run("a"), _now), StringComparison.Ordinal);
        Happen(new ActivityChanged("w2", "training"));
        Assert.Null(Explanation.WaitOf(_cluster, Run("a")));
    }

    [Fact]
    public void A_run_grows_when_workers_are_idle_and_nobody_waits_for_them()
    {
        Submit("a", min: 1, max: 2);
        Appear("w1");
        Pass(_options.PlacementGrace, heard: "w1");
        Ready("a", "w1");
        Appear("w2");
        Pass(_options.GrowAfter, "w1", "w2");
        Assert.Contains(new SendPrepare("w2", "a"), _actions);
        Assert.DoesNotContain(_actions, action => action is SendDrain);
        Happen(new WorkerPrepared("w2", "a"));
        Pass(TimeSpan.FromSeconds(1), "w1", "w2");
        Assert.Contains(_actions, action => action is SendDrain { WorkerId: "w1" });

        Report("a", "w1", 1);
        Left("a", "w1", LeftOutcome.Drained);

        Assert.Equal(["w1", "w2"], Run("a").Members.Select(member => member.WorkerId));
        Assert.Equal(2, Run("a").Generation);
    }

    [Fact]
    public void A_worker_that_never_says_that_it_is_ready_is_taken_as_it_is_after_a_while()
    {
        Submit("a", min: 1, max: 2);
        Appear("w1");
        Pass(_options.PlacementGrace, heard: "w1");
        Ready("a", "w1");
        Appear("w2");
        Pass(_options.PreparePatience, "w1", "w2");
        Assert.Equal(DrainIntent.None, Run("a").Drain);
        Pass(TimeSpan.FromSeconds(1), "w1", "w2");
        Assert.Equal(DrainIntent.Grow, Run("a").Drain);
    }

    [Fact]
    public void Survivors_go_on_without_waiting_for_a_worker_that_has_yet_to_make_itself_ready()
    {
        Train("a", min: 1, "w1", "w2");
        Appear("w3");
        Happen(new WorkerDisconnected("w2", _cluster.Workers["w2"].Session));
        Left("a", "w1", LeftOutcome.PeerLost);

        Assert.Equal(["w1"], Run("a").Members.Select(member => member.WorkerId));
    }

    [Fact]
    public void The_plan_reaches_ten_seconds_ahead_in_lots()
    {
        Train("a", min: 1, "w1");
        Assert.Equal([(1, 64)], _actions.OfType<SendPlan>().Select(plan => (plan.First, plan.Last)));
        _actions.Clear();
        for (var step = 1; step <= 40; step++)
        {
            Report("a", "w1", step, seconds: 0.1);
        }

        var sent = _actions.OfType<SendPlan>().Select(plan => (plan.First, plan.Last)).ToList();
        Assert.Equal(65, sent[0].First);
        Assert.InRange(sent[^1].Last, 101, 140);
        Assert.InRange(sent.Count, 1, 4);
        Assert.Equal(sent.Skip(1).Select(lot => lot.First), sent.SkipLast(1).Select(lot => lot.Last + 1));
    }

    [Fact]
    public void A_state_older_than_the_ledger_has_its_steps_planned_again_and_compared()
    {
        Train("a", min: 1, "w1");
        Report("a", "w1", 1);
        Report("a", "w1", 2);
        Left("a", "w1", LeftOutcome.PeerLost);
        _actions.Clear();
        Happen(new RankReady("w1", "a", 2, 1, 101, "checkpoint"));
        Report("a", "w1", 2);

        Assert.Contains(_actions, action => action is SendPlan { First: 2, Last: 2 });
        Assert.Contains(_actions, action => action is VerifyStep { Step: 2, WeightsDigest: 102 });
        Assert.Empty(_actions.OfType<CommitStep>());
        Assert.Equal("1 worker trains from step 1 (checkpoint); 1 step is done again", Run("a").Reason);
    }

    [Fact]
    public void Ranks_that_begin_with_different_states_fail_the_run()
    {
        Submit("a", min: 2, max: 2);
        Appear("w1", "w2");
        Happen(new RankReady("w1", "a", 1, 0, 1, "none"));
        Happen(new RankReady("w2", "a", 1, 0, 2, "none"));

        Assert.Equal(RunPhase.Failed, Run("a").Phase);
        Assert.StartsWith("the ranks do not agree on a state", Run("a").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_waits_for_the_step_in_flight_and_cancelling_twice_for_nobody()
    {
        Train("a", "w1");
        Happen(new CancelAsked("a"));
        Assert.Equal(RunPhase.Running, Run("a").Phase);
        Happen(new CancelAsked("a"));

        Assert.Equal(RunPhase.Cancelled, Run("a").Phase);
        Assert.Contains(_actions, action => action is SendRelease { WorkerId: "w1", Forget: true });
    }

    [Fact]
    public void After_a_restart_a_run_whose_ranks_are_not_back_is_cancelled_at_once_and_a_rank_that_comes_back_is_released()
    {
        Train("a", "w1");
        _cluster = ClusterMachine.Restore(_cluster.Runs.Values, _now, _options);
        Happen(new CancelAsked("a"));
        Assert.Equal(RunPhase.Cancelled, Run("a").Phase);

        Happen(new WorkerAppeared("w1", 99, "a", 1));

        Assert.Contains(_actions, action => action is SendRelease { WorkerId: "w1", Generation: 1, Forget: true });
        Assert.True(_cluster.Workers["w1"].IsIdle);
    }

    [Fact]
    public void After_a_restart_ranks_that_do_not_come_back_are_replaced_by_who_is_there()
    {
        Train("a", "w1");
        _cluster = ClusterMachine.Restore(_cluster.Runs.Values, _now, _options);
        Appear("w2");
        Pass(_options.ReattachGrace, heard: "w2");
        Assert.Equal(["w1"], Run("a").Members.Select(member => member.WorkerId));

        Pass(TimeSpan.FromSeconds(1), heard: "w2");

        Assert.Equal(["w2"], Run("a").Members.Select(member => member.WorkerId));
    }

    [Fact]
    public void After_a_restart_a_worker_that_came_back_and_falls_silent_is_lost_as_soon_as_at_any_other_time()
    {
        Train("a", min: 1, steps: 100, "w1", "w2");
        _cluster = ClusterMachine.Restore(_cluster.Runs.Values, _now, _options);
        foreach (var worker in new[] { "w1", "w2" })
        {
            Happen(new WorkerAppeared(worker, 99, "a", 1));
        }

        Pass(_options.Silence - TimeSpan.FromMilliseconds(200), heard: "w2");
        Assert.True(_cluster.Workers.ContainsKey("w1"));
        Pass(TimeSpan.FromMilliseconds(400), heard: "w2");
        Assert.False(_cluster.Workers.ContainsKey("w1"));
        Assert.True(_options.Silence + TimeSpan.FromMilliseconds(400) < _options.ReattachGrace);
    }

    [Fact]
    public void A_paused_run_keeps_its_state_in_memory_until_it_is_saved()
    {
        Train("a", "w1");
        Report("a", "w1", 1);
        Happen(new PauseAsked("a"));
        Left("a", "w1", LeftOutcome.Drained);
        Assert.Equal((RunPhase.Paused, "paused after step 1"), (Run("a").Phase, Run("a").Reason));
        Assert.DoesNotContain(_actions, action => action is SendRelease);

        Happen(new ResumeAsked("a"));
        Assert.True(Run("a").HasMembers);
    }

    [Fact]
    public void A_run_succeeds_though_a_rank_is_lost_after_the_last_step_was_saved()
    {
        Train("a", min: 2, steps: 1, "w1", "w2");
        Report("a", "w1", 1);
        Left("a", "w1", LeftOutcome.Finished, step: 1);
        Happen(new WorkerDisconnected("w2", _cluster.Workers["w2"].Session));
        Pass(TimeSpan.FromSeconds(3), heard: "w1");

        Assert.Equal((RunPhase.Succeeded, 1), (Run("a").Phase, Run("a").Step));
    }

    [Fact]
    public void A_worker_given_up_as_silent_is_cut_off_so_that_it_comes_back_if_it_lives()
    {
        Submit("a", min: 1, max: 1);
        Appear("w1");
        Pass(TimeSpan.FromSeconds(3));

        Assert.Contains(_actions, action => action is CutSession { WorkerId: "w1" });
        Assert.Empty(_cluster.Workers);
    }

    [Fact]
    public void Ranks_that_begin_with_a_checkpoint_at_the_plans_end_are_told_more()
    {
        Submit("a", min: 1, max: 1);
        Appear("w1");
        Assert.Equal(_options.MinPlanAheadSteps, Run("a").PlannedThrough);

        Happen(new RankReady("w1", "a", 1, _options.MinPlanAheadSteps, 7, "checkpoint"));

        Assert.Contains(_actions, action => action is SendPlan { WorkerId: "w1" } plan && plan.First == _options.MinPlanAheadSteps + 1);
    }

    [Fact]
    public void Ranks_that_do_steps_again_while_the_coordinator_restarts_are_told_those_steps_again()
    {
        Train("a", min: 2, "w1", "w2");
        Report("a", "w1", 1);
        Report("a", "w2", 1);
        Report("a", "w1", 2);
        Report("a", "w2", 2);
        _cluster = ClusterMachine.Restore(_cluster.Runs.Values, _now, _options);
        _actions.Clear();
        Happen(new WorkerAppeared("w1", 98, "a", 1));
        Happen(new RankReady("w1", "a", 1, 0, 0, "checkpoint"));
        Happen(new WorkerAppeared("w2", 99, "a", 1));

        Assert.Contains(_actions, action => action is SendPlan { WorkerId: "w1", First: 1, Last: 2 });
        Assert.Contains(_actions, action => action is SendPlan { WorkerId: "w2", First: 1 });
    }

    [Fact]
    public void A_rank_that_comes_back_at_the_plans_end_is_sent_no_empty_plan()
    {
        Train("a", min: 1, steps: 1, "w1");
        Report("a", "w1", 1);
        Happen(new WorkerDisconnected("w1", _cluster.Workers["w1"].Session));
        _actions.Clear();
        Happen(new WorkerAppeared("w1", 99, "a", 1));

        Assert.Contains(_actions, action => action is AssignRank { WorkerId: "w1" });
        Assert.DoesNotContain(_actions, action => action is SendPlan);
    }

    [Fact]
    public void A_run_whose_ranks_say_that_it_is_done_before_its_last_step_has_succeeded()
    {
        Train("a", min: 2, steps: 10, "w1", "w2");
        foreach (var worker in new[] { "w1", "w2" })
        {
            Report("a", worker, 1);
        }

        Left("a", "w1", LeftOutcome.Finished, step: 1);
        Left("a", "w2", LeftOutcome.Finished, step: 1);

        Assert.Equal((RunPhase.Succeeded, 1), (Run("a").Phase, Run("a").Step));
    }

    private RunRecord Run(string id) => _cluster.Runs[id];

    private void Happen(ClusterEvent happened)
    {
        var transition = ClusterMachine.Apply(_cluster, happened, _now, _options);
        _cluster = transition.Cluster;
        _actions.AddRange(transition.Actions);
    }

    private void Submit(string id, int min, int max, long steps = 1000) =>
        Happen(new RunSubmitted(new RunRecord { Id = id, Order = _cluster.Runs.Count, MinWorkers = min, MaxWorkers = max, TotalSteps = steps }));

    private void Appear(params string[] workers)
    {
        foreach (var worker in workers)
        {
            Happen(new WorkerAppeared(worker, ++_sessions));
        }
    }

    private void Train(string id, params string[] workers) => Train(id, workers.Length, workers);

    private void Train(string id, int min, params string[] workers) => Train(id, min, 1000L, workers);

    private void Train(string id, int min, long steps, params string[] workers)
    {
        Submit(id, min, workers.Length, steps);
        Appear(workers);
        foreach (var worker in workers)
        {
            Ready(id, worker);
        }

        Assert.Equal(RunPhase.Running, Run(id).Phase);
    }

    private void Ready(string id, string worker) => Happen(new RankReady(worker, id, Run(id).Generation, 0, 0, "none"));

    private void Report(string id, string worker, long step, double seconds = 1) => Happen(new StepReported(
        worker, id, Run(id).Generation, step, 100 + (ulong)step, new StepFacts(1, 1, 1, seconds, 1, 1, 0, 0, 0, 0, 0, 0)));

    private void Left(string id, string worker, LeftOutcome outcome, long step = 0, bool leaving = false) =>
        Happen(new RankLeft(worker, id, Run(id).Generation, outcome, outcome == LeftOutcome.Drained ? "" : "said the test", step, 100 + (ulong)step, leaving));

    private void Pass(TimeSpan time, params string[] heard)
    {
        for (var end = _now + time; _now < end;)
        {
            _now += TimeSpan.FromMilliseconds(200);
            foreach (var worker in heard)
            {
                Happen(new WorkersHeard([new(worker, _now)]));
            }

            Happen(new Ticked());
        }
    }
}
