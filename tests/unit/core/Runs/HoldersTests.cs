using Orchestrator.Core.Runs;
using Xunit;

namespace Orchestrator.Tests.Core.Runs;

/// <summary>Who holds the newest state of a run takes part in its next generation: what it holds is not computed again.</summary>
public sealed class HoldersTests
{
    private readonly ClusterOptions _options = new();
    private readonly List<ClusterAction> _actions = [];
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private Cluster _cluster = Cluster.Empty;
    private long _sessions;

    private RunRecord Run => _cluster.Runs["a"];

    private IEnumerable<string> Members => Run.Members.Select(member => member.WorkerId);

    [Fact]
    public void Of_two_that_cannot_reach_each_other_who_holds_less_is_left_out_though_it_came_first()
    {
        ThirdAndSecondGoOnWithoutTheFirst(steps: 10);

        Leave("w2", 10);

        Assert.Equal(["w2"], Members);
        Assert.Contains(new WorkerChanged("a", "w1", -1, "left out: it and worker w2 cannot reach each other"), _actions);
    }

    [Fact]
    public void One_that_holds_the_newest_state_goes_on_alone_rather_than_two_from_long_before()
    {
        Train(min: 1, "w1", "w2", "w3");
        Apart("w2", "w1");
        Apart("w3", "w1");
        Leave("w1", 12);
        Leave("w2", 4);
        Leave("w3", 4);

        Assert.Equal(["w1"], Members);
    }

    [Fact]
    public void Two_go_on_rather_than_one_that_is_but_the_step_in_flight_ahead()
    {
        Train(min: 1, "w1", "w2", "w3");
        Apart("w2", "w1");
        Apart("w3", "w1");
        Leave("w1", 5);
        Leave("w2", 4);
        Leave("w3", 4);

        Assert.Equal(["w2", "w3"], Members);
    }

    [Fact]
    public void Two_go_on_where_a_checkpoint_is_as_new_as_what_the_one_holds_or_the_run_needs_two()
    {
        Train(min: 1, "w1", "w2", "w3");
        Happen(new CheckpointCommitted("a", 12));
        Apart("w2", "w1");
        Apart("w3", "w1");
        Leave("w1", 12);
        Leave("w2", 4);
        Leave("w3", 4);
        Assert.Equal(["w2", "w3"], Members);

        _cluster = Cluster.Empty;
        Train(min: 2, "w1", "w2", "w3");
        Apart("w2", "w1");
        Apart("w3", "w1");
        Leave("w1", 12);
        Leave("w2", 4);
        Leave("w3", 4);
        Assert.Equal(["w2", "w3"], Members);
    }

    [Fact]
    public void Who_holds_the_newest_state_comes_first_in_line()
    {
        Train(min: 1, "w1", "w2");
        Happen(new WorkerDisconnected("w1", _cluster.Workers["w1"].Session));
        Happen(new PeerSuspected("w2", "a", 1, 0, "said the test"));
        Leave("w2", 3);
        Ready(3);
        Report("w2", 4, 9);
        Happen(new WorkerAppeared("w1", ++_sessions, "a", 1, 3));

        Leave("w2", 9);

        Assert.Equal(["w2", "w1"], Members);
    }

    [Fact]
    public void A_slow_worker_that_was_to_be_replaced_stays_if_it_alone_holds_the_state()
    {
        Train(min: 1, straggler: true, max: 2, "w1", "w2", "w3");
        Report("w1", 1, 9);
        Report("w2", 1, 9);
        Happen(new PaceChanged("a", "w1", Slow: true, "slow"));
        Happen(new WorkerDisconnected("w2", _cluster.Workers["w2"].Session));
        Happen(new PeerSuspected("w1", "a", 1, 1, "said the test"));

        Leave("w1", 9);

        Assert.Equal(["w1"], Members);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_a_restart_between_generations_a_run_waits_a_moment_for_who_holds_its_newest_step(bool comes)
    {
        Train(min: 1, "w1", "w2");
        Report("w1", 1, 9);
        Report("w2", 1, 9);
        Leave("w1", 9);
        _cluster = ClusterMachine.Restore([Run with { Phase = RunPhase.Recovering, Members = [] }], _now, _options);
        Happen(new WorkerAppeared("w3", ++_sessions));
        Assert.False(Run.HasMembers);
        Assert.Equal("the coordinator was restarted and waits a moment for a worker that holds step 9", Run.Reason);

        if (comes)
        {
            Happen(new WorkerAppeared("w2", ++_sessions, "a", 1, 9));
        }
        else
        {
            _now += _options.HolderGrace;
            Happen(new Ticked());
        }

        Assert.Equal([comes ? "w2" : "w3"], Members);
    }

    [Fact]
    public void What_is_said_again_does_not_take_a_state_back_and_what_was_dropped_is_gone()
    {
        Train(min: 1, "w1");
        Report("w1", 1, 5);
        Assert.Equal(5, _cluster.Workers["w1"].HeldStep);

        Happen(new WorkerAppeared("w1", ++_sessions, "a", 1, 5));
        Ready(0);
        Report("w1", 4, 4);
        Assert.Equal(5, _cluster.Workers["w1"].HeldStep);

        Leave("w1", 0);
        Assert.Equal(0, _cluster.Workers["w1"].HeldStep);
    }

    [Fact]
    public void Who_makes_itself_ready_for_another_run_holds_nothing_of_the_first()
    {
        Train(min: 1, "w1");
        Report("w1", 1, 7);
        Happen(new PauseAsked("a"));
        Leave("w1", 7);
        Assert.Equal(7, _cluster.Workers["w1"].StepOf("a"));

        Happen(new WorkerDisconnected("w1", _cluster.Workers["w1"].Session));
        Happen(new WorkerAppeared("w2", ++_sessions));
        Happen(new RunSubmitted(new RunRecord { Id = "b", Order = 2, MinWorkers = 1, MaxWorkers = 2, TotalSteps = 1000 }));
        _now += _options.PlacementGrace;
        Happen(new Ticked());
        Assert.Equal("w2", Assert.Single(_cluster.Runs["b"].Members).WorkerId);
        Happen(new RankReady("w2", "b", 1, 0, 0, "none"));
        Happen(new WorkerAppeared("w1", ++_sessions, "a", 1, 7));
        Happen(new Ticked());

        Assert.Contains(new SendPrepare("w1", "b"), _actions);
        Assert.Equal(-1, _cluster.Workers["w1"].StepOf("a"));
    }

    // The first reaches nobody and is left out at step 3; then the third is gone.
    private void ThirdAndSecondGoOnWithoutTheFirst(long steps)
    {
        Train(min: 1, "w1", "w2", "w3");
        Apart("w2", "w1");
        Apart("w3", "w1");
        foreach (var worker in new[] { "w1", "w2", "w3" })
        {
            Happen(new RankLeft(worker, "a", 1, LeftOutcome.PeerLost, "released", 3, 3, Leaving: false));
        }

        Assert.Equal(["w2", "w3"], Members);
        Ready(3);
        Report("w2", 4, steps);
        Report("w3", 4, steps);
        Happen(new WorkerDisconnected("w3", _cluster.Workers["w3"].Session));
        _actions.Clear();
    }

    private void Train(int min, params string[] workers) => Train(min, straggler: false, workers.Length, workers);

    private void Train(int min, bool straggler, int max, params string[] workers)
    {
        Happen(new RunSubmitted(new RunRecord { Id = "a", Order = 1, MinWorkers = min, MaxWorkers = max, TotalSteps = 1000, ReplaceStragglers = straggler }));
        foreach (var worker in workers)
        {
            Happen(new WorkerAppeared(worker, ++_sessions));
        }

        _now += _options.PlacementGrace;
        Happen(new Ticked());
        Ready(0);
        _actions.Clear();
    }

    private void Ready(long step)
    {
        foreach (var worker in Members.ToList())
        {
            Happen(new RankReady(worker, "a", Run.Generation, step, (ulong)step, "held"));
        }
    }

    private void Report(string worker, long first, long last)
    {
        for (var step = first; step <= last; step++)
        {
            Happen(new StepReported(worker, "a", Run.Generation, step, (ulong)step, null));
        }
    }

    private void Apart(string one, string other) =>
        Happen(new PeerSuspected(one, "a", Run.Generation, Run.RankOf(other), "said the test", TimeSpan.FromSeconds(1.3)));

    private void Leave(string worker, long step) =>
        Happen(new RankLeft(worker, "a", Run.Generation, LeftOutcome.PeerLost, "released", step, (ulong)step, Leaving: false));

    private void Happen(ClusterEvent happened)
    {
        var transition = ClusterMachine.Apply(_cluster, happened, _now, _options);
        _cluster = transition.Cluster;
        _actions.AddRange(transition.Actions);
    }
}
