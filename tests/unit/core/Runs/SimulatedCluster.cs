using System.Collections.Immutable;
using Orchestrator.Core.Runs;
using Xunit;

namespace Orchestrator.Tests.Core.Runs;

/// <summary>Workers, a network and a coordinator that crash and come back by a seed, around the product's own decisions. Time is counted, not waited for.</summary>
internal sealed class SimulatedCluster(int seed, ClusterOptions options)
{
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Random _random = new(seed);
    private readonly SortedDictionary<string, Worker> _workers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(long Step, ulong Digest)>> _ledger = [];
    private readonly Dictionary<string, long> _saved = [];
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private long _sessions;
    private int _born;
    private int _restarts;

    public Cluster Cluster { get; private set; } = Cluster.Empty;

    public List<(string Run, RunPhase Phase, string Reason)> Phases { get; } = [];

    public IReadOnlyList<long> Committed(string run) => [.. _ledger[run].Select(row => row.Step)];

    public int Random(int below) => _random.Next(below);

    public void Submit(string id, int min, int max, long steps)
    {
        _ledger[id] = [];
        Happen(new RunSubmitted(new RunRecord { Id = id, Order = _ledger.Count, MinWorkers = min, MaxWorkers = max, TotalSteps = steps }));
    }

    public void AddWorker()
    {
        var worker = new Worker($"w{++_born:00}");
        _workers.Add(worker.Id, worker);
        Connect(worker);
    }

    public void KillSomeone()
    {
        if (Someone() is { } worker)
        {
            _workers.Remove(worker.Id);
            worker.Alive = false;
            if (worker.Connected)
            {
                Happen(new WorkerDisconnected(worker.Id, worker.Session));
            }
        }
    }

    public void CutSomeone()
    {
        if (Someone() is { Connected: true } worker)
        {
            worker.Connected = false;
            Happen(new WorkerDisconnected(worker.Id, worker.Session));
        }
    }

    public void RestartCoordinator()
    {
        _restarts++;
        // What is stored of a run: see the coordinator's StoredState.
        Cluster = ClusterMachine.Restore(
            Cluster.Runs.Values.Select(run => run with
            {
                Pending = ImmutableSortedDictionary<long, PendingStep>.Empty,
                Members = run.Phase == RunPhase.Running && run.BrokenSince is null && run.Members.All(member => member.IsActive)
                    ? [.. run.Members.Select(member => new Member(member.WorkerId))] : [],
                BrokenSince = null,
                BrokenReason = "",
            }),
            _now, options);
        foreach (var worker in _workers.Values)
        {
            worker.Connected = false;
        }
    }

    public void Happen(ClusterEvent happened)
    {
        var transition = ClusterMachine.Apply(Cluster, happened, _now, options);
        Cluster = transition.Cluster;
        foreach (var action in transition.Actions)
        {
            Do(action);
        }

        CheckMembers();
    }

    public void Step()
    {
        _now += Tick;
        foreach (var worker in _workers.Values.Where(worker => !worker.Connected && _random.Next(5) == 0).ToList())
        {
            Connect(worker);
        }

        foreach (var group in _workers.Values.Where(worker => worker.Rank >= 0).GroupBy(worker => (worker.Run, worker.Generation)).ToList())
        {
            Work([.. group.OrderBy(worker => worker.Rank)]);
        }

        foreach (var worker in _workers.Values.Where(worker => worker.Connected).ToList())
        {
            Happen(new WorkerHeard(worker.Id));
        }

        Happen(new Ticked());
    }

    private Worker? Someone() => _workers.Count == 0 ? null : _workers.Values.ElementAt(_random.Next(_workers.Count));

    private void Connect(Worker worker)
    {
        worker.Connected = true;
        worker.Session = ++_sessions;
        var reports = worker.Reports.ToList();
        Happen(new WorkerAppeared(worker.Id, worker.Session, worker.Run.Length > 0 ? worker.Run : null, worker.Generation));
        foreach (var report in reports)
        {
            Happen(report);
        }
    }

    // The ranks of a generation: they meet, step together, and notice a peer that is not there.
    private void Work(List<Worker> ranks)
    {
        var world = ranks[0].World;
        var run = ranks[0].Run;
        if (ranks.Count < world)
        {
            // Peers may still be on their way; one that had met them and is gone is noticed.
            foreach (var rank in ranks.Where(rank => rank.Met || _random.Next(20) == 0).ToList())
            {
                Leave(rank, LeftOutcome.PeerLost, "a peer is gone");
            }

            return;
        }

        if (!ranks.All(rank => rank.Met))
        {
            // They agree on the newest state that any of them holds, else on what was saved.
            var state = Math.Max(ranks.Max(rank => rank.HeldRun == run ? rank.Held : 0), _saved.GetValueOrDefault(run));
            foreach (var rank in ranks)
            {
                (rank.Met, rank.Held, rank.HeldRun) = (true, state, run);
                Say(rank, new RankReady(rank.Id, run, rank.Generation, state, Digest(state), "peers"));
            }

            return;
        }

        if (!Cluster.Runs.TryGetValue(run, out var record))
        {
            return;
        }

        var step = ranks[0].Held + 1;
        if (ranks.Any(rank => rank.Draining) || step > record.TotalSteps)
        {
            Save(ranks[0], run);
            foreach (var rank in ranks)
            {
                Leave(rank, step > record.TotalSteps ? LeftOutcome.Finished : LeftOutcome.Drained, "");
            }
        }
        else if (ranks.All(rank => rank.Plan.Contains(step)))
        {
            // A rank may die between its peers' ends of a step: some hold it, some do not.
            var broken = _random.Next(200) == 0;
            foreach (var rank in ranks.Where(_ => !broken || _random.Next(2) == 0))
            {
                rank.Held = step;
                Say(rank, new StepReported(rank.Id, run, rank.Generation, step, Digest(step), new StepFacts(1, 1, 1, 0.1, 1, 1, 0, 0, 0, 0, 0, 0)));
            }

            if (broken)
            {
                ranks.ForEach(rank => Leave(rank, LeftOutcome.PeerLost, "the network broke"));
            }
            else if (step % 10 == 0)
            {
                Save(ranks[0], run);
            }
        }
    }

    private void Save(Worker rank, string run)
    {
        // A checkpoint that the coordinator refuses or cannot hear of does not count.
        if (rank.Connected && Cluster.Runs[run].Generation == rank.Generation && Cluster.Runs[run].HasMembers)
        {
            _saved[run] = Math.Max(_saved.GetValueOrDefault(run), rank.Held);
            Happen(new CheckpointCommitted(run, rank.Held));
        }
    }

    private void Leave(Worker rank, LeftOutcome outcome, string text)
    {
        (rank.Rank, rank.Met) = (-1, false);
        Say(rank, new RankLeft(rank.Id, rank.Run, rank.Generation, outcome, text, rank.Held, Digest(rank.Held), Leaving: false));
    }

    private void Say(Worker worker, ClusterEvent report)
    {
        worker.Reports.Add(report);
        if (worker.Connected)
        {
            Happen(report);
        }
    }

    private void Do(ClusterAction action)
    {
        switch (action)
        {
            case PhaseChanged changed:
                Phases.Add((changed.RunId, changed.Phase, changed.Reason));
                break;
            case CommitStep commit:
                Assert.Equal(_ledger[commit.RunId].Count + 1, commit.Step);
                // A restart forgets what single ranks said; a step that they then only stand behind has no digest.
                Assert.True(commit.WeightsDigest == Digest(commit.Step) || (commit.WeightsDigest is null && _restarts > 0));
                _ledger[commit.RunId].Add((commit.Step, Digest(commit.Step)));
                break;
            case VerifyStep verify:
                Assert.Equal(_ledger[verify.RunId][(int)verify.Step - 1].Digest, verify.WeightsDigest);
                break;
            case AssignRank assign when Hears(assign.WorkerId) is { } worker:
                if ((worker.Run, worker.Generation) != (assign.RunId, assign.Generation))
                {
                    worker.Take(assign);
                }

                break;
            case SendPlan plan when Hears(plan.WorkerId) is { } worker && (worker.Run, worker.Generation) == (plan.RunId, plan.Generation):
                for (var step = plan.First; step <= plan.Last; step++)
                {
                    worker.Plan.Add(step);
                }

                break;
            case SendDrain drain when Hears(drain.WorkerId) is { } worker && (worker.Run, worker.Generation) == (drain.RunId, drain.Generation):
                worker.Draining = true;
                break;
            case SendRelease release when Hears(release.WorkerId) is { } worker && (worker.Run, worker.Generation) == (release.RunId, release.Generation):
                if (worker.Rank >= 0)
                {
                    (worker.Rank, worker.Met) = (-1, false);
                    worker.Reports.Add(new RankLeft(worker.Id, worker.Run, worker.Generation, LeftOutcome.PeerLost, "released", worker.Held, Digest(worker.Held), Leaving: false));
                }

                break;
        }
    }

    private Worker? Hears(string workerId) => _workers.TryGetValue(workerId, out var worker) && worker.Connected ? worker : null;

    private void CheckMembers()
    {
        var busy = Cluster.Runs.Values.SelectMany(run => run.Members.Where(member => !member.Lost).Select(member => (member.WorkerId, run.Id))).ToList();
        Assert.Equal(busy.Count, busy.Select(pair => pair.WorkerId).Distinct().Count());
        foreach (var run in Cluster.Runs.Values)
        {
            Assert.True(run.Members.Length == 0 || run.Members.Length >= run.MinWorkers && run.Members.Length <= run.MaxWorkers);
            Assert.Equal(_ledger[run.Id].Count, run.Step);
            Assert.False(run.Phase.IsEnded() && run.HasMembers);
        }
    }

    private static ulong Digest(long step) => step == 0 ? 0 : unchecked((ulong)step * 0x9E3779B97F4A7C15UL);

    private sealed class Worker(string id)
    {
        public string Id => id;

        public bool Alive { get; set; } = true;

        public bool Connected { get; set; }

        public long Session { get; set; }

        public string Run { get; private set; } = "";

        public long Generation { get; private set; }

        public int Rank { get; set; } = -1;

        public int World { get; private set; }

        public bool Met { get; set; }

        public bool Draining { get; set; }

        public long Held { get; set; }

        public string HeldRun { get; set; } = "";

        public HashSet<long> Plan { get; } = [];

        public List<ClusterEvent> Reports { get; } = [];

        public void Take(AssignRank assign)
        {
            (Run, Generation, Rank, World, Met, Draining) = (assign.RunId, assign.Generation, assign.Rank, assign.WorldSize, false, false);
            Plan.Clear();
            Reports.Clear();
        }
    }
}
