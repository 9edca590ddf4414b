using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;
using Xunit;

namespace Orchestrator.Tests.Coordinator;

/// <summary>What the account of worker-seconds says after the coordinator was started again on what it had stored.</summary>
public sealed class RestartAccountTests
{
    private static readonly RunFacts s_facts = new()
    {
        Id = "a",
        Order = 1,
        Name = "",
        SpecYaml = "",
        SpecDigest = "",
        OutDir = "",
        Owner = "",
        IdempotencyKey = "",
        MinWorkers = 2,
        MaxWorkers = 2,
        Microbatches = 4,
        SamplesPerStep = 32,
        SamplesPerEpoch = 1000,
        TotalSteps = 1000,
        Submitted = DateTimeOffset.UnixEpoch,
    };

    private readonly ClusterOptions _options = new();
    private readonly List<ClusterAction> _actions = [];
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private Cluster _cluster = Cluster.Empty;
    private string _stored = "";
    private long _session;

    private RunRecord Run => _cluster.Runs["a"];

    private WorkerTimes Spent => Accounts.Of(Run, _now);

    [Fact]
    public void Work_that_was_done_stays_booked_when_coordinator_and_workers_die_together()
    {
        Train();
        Pass(10);
        Report(1, new WorkerTimes { Compute = 8, Exchange = 1.5 }, "w1", "w2");
        Store();
        Pass(40);
        Restart();
        Recover("w3", "w4");

        // Half a second of each that had not been said, and the seconds in which the ranks of before were awaited.
        var awaited = (_now - DateTimeOffset.UnixEpoch).TotalSeconds - 50;
        Assert.InRange(awaited, 3, 4);
        AssertAll(seats: 2);
        Assert.Equal(16, Spent.Compute, 6);
        Assert.Equal(3, Spent.Exchange, 6);
        Assert.Equal(80, Spent.Start, 6);
        Assert.Equal(1 + (2 * awaited), Spent.Recovery, 6);
    }

    [Fact]
    public void Time_without_a_coordinator_is_a_restart_after_a_second_crash_too()
    {
        Train();
        Pass(10);
        Report(1, new WorkerTimes { Compute = 10 }, "w1", "w2");
        Store();
        Pass(20);
        Restart();
        Pass(1);
        Store();
        Pass(30);
        Restart();
        Recover("w3", "w4");

        AssertAll(seats: 2);
        Assert.Equal(20, Spent.Compute, 6);
        Assert.Equal(100, Spent.Start, 6);
    }

    [Fact]
    public void Workers_that_trained_on_while_the_coordinator_was_gone_say_what_their_time_went_to()
    {
        Train();
        Pass(10);
        Report(1, new WorkerTimes { Compute = 10 }, "w1", "w2");
        Store();
        Pass(5);
        Restart();
        Return("w1", "w2");
        Report(2, new WorkerTimes { Compute = 15 }, "w1", "w2");

        AssertAll(seats: 2);
        Assert.Equal(30, Spent.Compute, 6);
        Assert.Equal(0, Spent.Start + Spent.Recovery, 6);
    }

    [Fact]
    public void Of_a_worker_killed_together_with_the_coordinator_what_it_had_done_counts_and_no_time_of_detection_is_told()
    {
        Train();
        Pass(10);
        Report(1, new WorkerTimes { Compute = 10 }, "w1", "w2");
        Store();
        Pass(5);
        Restart();
        Return("w1");
        Report(2, new WorkerTimes { Compute = 15 }, "w1");
        Recover("w3");

        AssertAll(seats: 2);
        Assert.Equal(15 + 10, Spent.Compute, 6);
        Assert.Equal(5, Spent.Start, 6);
        var recovered = Assert.Single(_actions.OfType<Recovered>());
        Assert.Equal(("w2", null), (recovered.Breakage.WorkerId, recovered.Breakage.LastSign));
        Assert.Equal("worker w2 (rank 1) did not come back after the restart of the coordinator", recovered.Breakage.Cause);
    }

    [Fact]
    public void What_the_ranks_of_a_broken_generation_had_said_is_stored()
    {
        Train();
        Pass(10);
        Report(1, new WorkerTimes { Compute = 10 }, "w1", "w2");
        Happen(new WorkerDisconnected("w2", _cluster.Workers["w2"].Session));
        Happen(new PeerSuspected("w1", "a", Run.Generation, 1, "rank 1 is gone"));
        Pass(1);
        Store();
        Assert.NotNull(Run.BrokenSince);
        Pass(40);
        Restart();

        AssertAll(seats: 2);
        Assert.Equal(20, Spent.Compute, 6);
        Assert.Equal(80, Spent.Start, 6);
        Assert.Equal(2, Spent.Recovery, 6);
    }

    [Fact]
    public void A_run_that_waits_for_workers_goes_on_waiting_while_no_coordinator_is_there()
    {
        Happen(new RunSubmitted(StoredRun()));
        Store();
        Pass(60);
        Restart();
        Pass(1);

        AssertAll(seats: 2);
        Assert.Equal(122, Spent.Waiting, 6);
    }

    private static RunRecord StoredRun() => new() { Id = "a", Order = 1, MinWorkers = 2, MaxWorkers = 2, TotalSteps = 1000 };

    // Every second since the submission, of every seat, in one row each.
    private void AssertAll(int seats) => Assert.Equal(seats * (_now - DateTimeOffset.UnixEpoch).TotalSeconds, Spent.Total, 6);

    private void Train()
    {
        Happen(new RunSubmitted(StoredRun()));
        Return("w1", "w2");
        Ready("w1", "w2");
        Assert.Equal(RunPhase.Running, Run.Phase);
    }

    private void Store() => _stored = StoredState.Write(ClusterMachine.Storable(Run, _now), new RunProgress());

    private void Restart() => _cluster = ClusterMachine.Restore([StoredState.Read(s_facts, _stored).Run], _now, _options);

    // New workers come; the old ones that stay away are given up, and training goes on at once.
    private void Recover(params string[] workers)
    {
        Return(workers);
        var generation = Run.Generation;
        while (Run.Generation == generation)
        {
            Pass(0.25);
            Happen(new WorkersHeard([.. _cluster.Workers.Values.Where(worker => worker.Connected).Select(worker => KeyValuePair.Create(worker.Id, _now))]));
            Happen(new Ticked());
            if (Run.BrokenSince is not null)
            {
                foreach (var member in Run.Members.Where(member => member.IsActive))
                {
                    Happen(new RankLeft(member.WorkerId, "a", generation, LeftOutcome.PeerLost, "", Run.Step, Run.WeightsDigest, Leaving: false, member.Spent));
                }
            }
        }

        Ready([.. Run.Members.Select(member => member.WorkerId)]);
        Assert.Equal(RunPhase.Running, Run.Phase);
    }

    private void Return(params string[] workers)
    {
        foreach (var worker in workers)
        {
            Happen(new WorkerAppeared(worker, ++_session, Run.RankOf(worker) >= 0 ? "a" : null, Run.Generation));
        }
    }

    private void Ready(params string[] workers)
    {
        foreach (var worker in workers)
        {
            Happen(new RankReady(worker, "a", Run.Generation, Run.Step, Run.WeightsDigest, "held", WorkerTimes.None));
        }
    }

    private void Report(long step, WorkerTimes spent, params string[] workers)
    {
        foreach (var worker in workers)
        {
            Happen(new StepReported(worker, "a", Run.Generation, step, 100 + (ulong)step, null, spent));
        }
    }

    private void Happen(ClusterEvent happened)
    {
        var transition = ClusterMachine.Apply(_cluster, happened, _now, _options);
        _cluster = transition.Cluster;
        _actions.AddRange(transition.Actions);
    }

    private void Pass(double seconds) => _now += TimeSpan.FromSeconds(seconds);
}
