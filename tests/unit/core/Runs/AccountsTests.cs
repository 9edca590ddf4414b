using Orchestrator.Core.Runs;
using Xunit;

namespace Orchestrator.Tests.Core.Runs;

public sealed class AccountsTests
{
    private readonly ClusterOptions _options = new();
    private readonly List<ClusterAction> _actions = [];
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private Cluster _cluster = Cluster.Empty;

    private RunRecord Run => _cluster.Runs["a"];

    private WorkerTimes Spent => Accounts.Of(Run, _now);

    [Fact]
    public void Every_second_of_a_disturbed_run_is_booked_once()
    {
        Happen(new RunSubmitted(new RunRecord { Id = "a", Order = 1, MinWorkers = 2, MaxWorkers = 3, TotalSteps = 1000 }));
        Pass(5);
        Appear("w1", "w2", "w3");
        Pass(2);
        Ready(new WorkerTimes { Start = 2 }, "w1", "w2", "w3");
        Pass(10);
        Report(1, new WorkerTimes { Start = 2, Compute = 8, Exchange = 2 }, "w1", "w2", "w3");
        Pass(1);
        Happen(new WorkerDisconnected("w3", 3));
        Happen(new PeerSuspected("w1", "a", 1, 2, "rank 2 is gone"));
        Leave(LeftOutcome.PeerLost, new WorkerTimes { Start = 2, Compute = 8, Exchange = 2, Recovery = 1 }, "w1", "w2");
        Assert.Equal(RunPhase.Recovering, Run.Phase);
        Assert.Equal(2, Run.Members.Length);
        Pass(1);
        Ready(new WorkerTimes { Recovery = 1 }, "w1", "w2");
        Pass(4);
        Report(2, new WorkerTimes { Recovery = 1, Compute = 4 }, "w1", "w2");
        Happen(new WorkerDisconnected("w2", 2));
        Happen(new PeerSuspected("w1", "a", 2, 1, "rank 1 is gone"));
        Leave(LeftOutcome.PeerLost, new WorkerTimes { Recovery = 1, Compute = 4 }, "w1");
        Pass(7);
        Appear("w4");
        Pass(1);
        Ready(new WorkerTimes { Recovery = 1 }, "w1", "w4");

        // 5 s x 2 seats, 13 s x 3, 5 s x 2, 7 s x 2 (one worker is too few), 1 s x 2.
        Assert.Equal(10 + 39 + 10 + 14 + 2, Spent.Total, 6);
        Assert.Equal(10 + 14, Spent.Waiting, 6);
        Assert.Equal(6, Spent.Start, 6);
        Assert.Equal(24 + 8, Spent.Compute, 6);
        Assert.Equal(6, Spent.Exchange, 6);
        Assert.Equal(3 + 2 + 2, Spent.Recovery, 6);
    }

    [Fact]
    public void What_a_rank_says_twice_counts_once()
    {
        Train();
        Pass(3);
        Report(1, new WorkerTimes { Compute = 3 }, "w1", "w2");
        Report(1, new WorkerTimes { Compute = 3 }, "w1", "w2");
        Pass(1);
        Report(2, new WorkerTimes { Compute = 4 }, "w1");
        Report(1, new WorkerTimes { Compute = 3 }, "w1");

        Assert.Equal(4 + 3, Spent.Compute, 6);
    }

    [Fact]
    public void A_paused_run_spends_nothing()
    {
        Train();
        Pass(2);
        Happen(new PauseAsked("a"));
        Leave(LeftOutcome.Drained, new WorkerTimes { Compute = 2 }, "w1", "w2");
        var before = Spent.Total;
        Pass(100);

        Assert.Equal(before, Spent.Total, 6);
        Happen(new ResumeAsked("a"));
        Assert.Equal(before, Spent.Total, 6);
    }

    [Fact]
    public void A_recovery_tells_when_the_loss_was_known_and_how_long_it_took()
    {
        Train();
        Pass(1);
        Happen(new WorkersHeard([new("w2", _now)]));
        Pass(0.2);
        Happen(new PeerSuspected("w1", "a", 1, 1, "rank 1 is gone"));
        Happen(new WorkerDisconnected("w2", 2));
        Leave(LeftOutcome.PeerLost, WorkerTimes.None, "w1");
        Pass(0.4);
        Ready(WorkerTimes.None, "w1");

        var recovered = Assert.Single(_actions.OfType<Recovered>());
        Assert.Equal(("w2", 0.2, 0.4), (recovered.Breakage.WorkerId, (recovered.Breakage.Found - recovered.Breakage.LastSign!.Value).TotalSeconds, recovered.Recovery.TotalSeconds));
    }

    [Fact]
    public void A_lost_worker_that_lives_is_made_to_introduce_itself_again()
    {
        Train();
        Happen(new Ticked());
        Pass(0.6);
        Happen(new Ticked());
        Pass(0.6);
        Happen(new WorkersHeard([new("w1", _now)]));
        Happen(new Ticked());
        Pass(0.6);
        Happen(new Ticked());

        Assert.Equal(new CutSession("w2"), Assert.Single(_actions.OfType<CutSession>()));
        Happen(new WorkerAppeared("w2", 9, "a", 1));
        Assert.True(_cluster.Workers["w2"].Connected);
    }

    [Fact]
    public void A_slow_worker_is_named_and_where_the_run_says_so_replaced_by_the_others_for_a_while()
    {
        Train(replace: true);
        Happen(new PaceChanged("a", "w2", Slow: true, "slow: 9 ms a slot, the others 3 ms"));
        Assert.Contains(_actions, action => action is WorkerChanged { WorkerId: "w2", What: "slow: 9 ms a slot, the others 3 ms" });
        Assert.Equal(["w1", "w2"], _actions.OfType<SendDrain>().Where(drain => drain.GoesOn).Select(drain => drain.WorkerId));

        Leave(LeftOutcome.Drained, WorkerTimes.None, "w1", "w2");
        Assert.Equal(["w1"], Run.Members.Select(member => member.WorkerId));
        Ready(WorkerTimes.None, "w1");
        Rest(_options.GrowAfter + TimeSpan.FromSeconds(1));
        Assert.Equal(DrainIntent.None, Run.Drain);
        Rest(_options.Bench);
        Assert.Equal(DrainIntent.Grow, Run.Drain);
    }

    [Fact]
    public void A_slow_worker_that_the_run_cannot_do_without_is_only_named()
    {
        Train(replace: true, min: 2);
        Happen(new PaceChanged("a", "w2", Slow: true, "slow"));

        Assert.Contains(_actions, action => action is WorkerChanged { WorkerId: "w2" });
        Assert.Empty(_actions.OfType<SendDrain>());
    }

    private void Train(bool replace = false, int min = 1)
    {
        Happen(new RunSubmitted(new RunRecord { Id = "a", Order = 1, MinWorkers = min, MaxWorkers = 2, TotalSteps = 1000, ReplaceStragglers = replace }));
        Appear("w1", "w2");
        Ready(WorkerTimes.None, "w1", "w2");
        Assert.Equal(RunPhase.Running, Run.Phase);
    }

    private void Happen(ClusterEvent happened)
    {
        var transition = ClusterMachine.Apply(_cluster, happened, _now, _options);
        _cluster = transition.Cluster;
        _actions.AddRange(transition.Actions);
    }

    private void Pass(double seconds) => _now += TimeSpan.FromSeconds(seconds);

    private void Rest(TimeSpan time)
    {
        for (var end = _now + time; _now < end;)
        {
            Pass(0.5);
            Happen(new WorkersHeard([new("w1", _now)]));
            Happen(new WorkersHeard([new("w2", _now)]));
            Happen(new Ticked());
        }
    }

    private void Appear(params string[] workers)
    {
        foreach (var worker in workers)
        {
            Happen(new WorkerAppeared(worker, worker[1] - '0'));
        }
    }

    private void Ready(WorkerTimes spent, params string[] workers)
    {
        foreach (var worker in workers)
        {
            Happen(new RankReady(worker, "a", Run.Generation, Run.Step, Run.WeightsDigest, "held", spent));
        }
    }

    private void Report(long step, WorkerTimes spent, params string[] workers)
    {
        foreach (var worker in workers)
        {
            Happen(new StepReported(worker, "a", Run.Generation, step, 100 + (ulong)step, null, spent));
        }
    }

    private void Leave(LeftOutcome outcome, WorkerTimes spent, params string[] workers)
    {
        foreach (var worker in workers)
        {
            Happen(new RankLeft(worker, "a", Run.Generation, outcome, "", Run.Step, Run.WeightsDigest, Leaving: false, spent));
        }
    }
}
