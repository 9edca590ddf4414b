using Orchestrator.Core.Runs;
using Xunit;

namespace Orchestrator.Tests.Core.Runs;

/// <summary>Workers that both reach the coordinator and do not reach each other.</summary>
public sealed class SeparationTests
{
    private readonly ClusterOptions _options = new();
    private readonly List<ClusterAction> _actions = [];
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private Cluster _cluster = Cluster.Empty;
    private long _sessions;

    private RunRecord Run => _cluster.Runs["a"];

    private IEnumerable<string> Members => Run.Members.Select(member => member.WorkerId);

    [Fact]
    public void All_ranks_are_released_at_once_and_the_pair_is_named_with_its_silence()
    {
        Train(min: 1, "w1", "w2", "w3");

        Suspect("w3", peer: 0);

        Assert.Equal("workers w3 (rank 2) and w1 (rank 0) cannot reach each other: nothing passed between them for 1.3 s", Run.BrokenReason);
        Assert.Equal(["w1", "w2", "w3"], _actions.OfType<SendRelease>().Select(release => release.WorkerId));
        Assert.Equal(_now - TimeSpan.FromSeconds(1.3), Run.Breakage!.LastSign);
    }

    [Fact]
    public void The_later_of_two_is_left_out_and_the_run_goes_on_without_it()
    {
        Train(min: 1, "w1", "w2", "w3");

        Part("w3", 0);

        Assert.Equal(["w1", "w2"], Members);
        Assert.Contains(new WorkerChanged("a", "w3", -1, "left out: it and worker w1 cannot reach each other"), _actions);
    }

    [Fact]
    public void Who_reaches_nobody_is_left_out_though_it_came_first()
    {
        Train(min: 2, "w1", "w2", "w3");
        Suspect("w2", peer: 0);
        Suspect("w3", peer: 0);

        Leave();

        Assert.Equal(["w2", "w3"], Members);
    }

    [Fact]
    public void A_run_that_needs_both_says_why_it_waits_and_tries_again_after_ever_longer()
    {
        Train(min: 2, "w1", "w2");
        foreach (var pause in new[] { 30, 60, 120, 240, 480, 600, 600 })
        {
            Part("w2", 0);
            Assert.StartsWith("workers w1 and w2 cannot reach each other; needs 2 workers, 1 is free; ", Run.Reason, StringComparison.Ordinal);
            Pass(TimeSpan.FromSeconds(pause - 1));
            Assert.False(Run.HasMembers);
            Pass(TimeSpan.FromSeconds(2));
            Assert.Equal(["w1", "w2"], Members);
        }
    }

    [Fact]
    public void Two_that_met_again_begin_anew()
    {
        Train(min: 2, "w1", "w2");
        Part("w2", 0);
        Pass(_options.Separation);
        Ready();

        Assert.Empty(_cluster.Separations);
    }

    [Fact]
    public void That_both_say_so_counts_once_and_a_lost_worker_is_reached_for_anew()
    {
        Train(min: 1, "w1", "w2");
        Suspect("w1", peer: 1);
        Suspect("w2", peer: 0);
        Assert.Equal(1, Assert.Single(_cluster.Separations).Times);

        Happen(new WorkerDisconnected("w2", _cluster.Workers["w2"].Session));
        Pass(TimeSpan.FromSeconds(3), "w1");

        Assert.Empty(_cluster.Separations);
    }

    [Fact]
    public void A_run_does_not_stop_to_grow_by_a_worker_that_a_rank_cannot_reach()
    {
        Train(min: 1, "w1", "w2");
        Part("w2", 0);
        Ready();
        Pass(_options.GrowAfter + TimeSpan.FromSeconds(1));
        Assert.Equal(DrainIntent.None, Run.Drain);

        Pass(_options.Separation);

        Assert.Equal(DrainIntent.Grow, Run.Drain);
    }

    private void Train(int min, params string[] workers)
    {
        Happen(new RunSubmitted(new RunRecord { Id = "a", Order = 1, MinWorkers = min, MaxWorkers = workers.Length, TotalSteps = 1000 }));
        foreach (var worker in workers)
        {
            Happen(new WorkerAppeared(worker, ++_sessions));
        }

        Ready();
        _actions.Clear();
    }

    private void Ready()
    {
        foreach (var worker in Members.ToList())
        {
            Happen(new RankReady(worker, "a", Run.Generation, 0, 0, "none"));
        }
    }

    private void Part(string worker, int peer)
    {
        Suspect(worker, peer);
        Leave();
    }

    private void Suspect(string worker, int peer) =>
        Happen(new PeerSuspected(worker, "a", Run.Generation, peer, "said the test", TimeSpan.FromSeconds(1.3)));

    private void Leave()
    {
        var generation = Run.Generation;
        foreach (var worker in Members.ToList())
        {
            Happen(new RankLeft(worker, "a", generation, LeftOutcome.PeerLost, "released", 0, 0, Leaving: false));
        }
    }

    // Who is not named is heard all the while.
    private void Pass(TimeSpan time, params string[] heard)
    {
        var end = _now + time;
        while (_now < end)
        {
            _now += TimeSpan.FromSeconds(0.5);
            foreach (var worker in heard.Length > 0 ? heard : [.. _cluster.Workers.Keys])
            {
                Happen(new WorkersHeard([new(worker, _now)]));
            }

            Happen(new Ticked());
        }
    }

    private void Happen(ClusterEvent happened)
    {
        var transition = ClusterMachine.Apply(_cluster, happened, _now, _options);
        _cluster = transition.Cluster;
        _actions.AddRange(transition.Actions);
    }
}
