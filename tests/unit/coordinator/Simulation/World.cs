using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>A whole control plane in one thread: coordinators, their database, workers and clients, on virtual time, with everything that can go wrong drawn from a seed.</summary>
internal sealed class World
{
    private const int Microbatches = 4;
    private static readonly TimeSpan s_chaos = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(150);

    private readonly Dictionary<string, SimulatedFolder> _folders = [];
    private readonly Dictionary<string, SortedSet<long>> _saved = [];
    private readonly Dictionary<(string RunId, long Generation), SimulatedGroup> _groups = [];
    private readonly List<SimulatedClient> _clients = [];
    private readonly Dictionary<(string One, string Other), TimeSpan> _torn = [];
    private readonly bool _onePlace;
    private int _born;

    public World(int seed, Flaws? flaws = null, bool traced = false)
    {
        (Seed, Flaws) = (seed, flaws ?? Flaws.None);
        Agenda = new Agenda(seed, traced);
        Database = new SimulatedDatabase(Agenda, Flaws);
        Checker = new Checker(this, Database, Microbatches);
        // One coordinator with its disk in its machine, or several with a database between them.
        var count = Agenda.Pick([1, 1, 2, 3]);
        _onePlace = count == 1;
        Coordinators = [.. Enumerable.Range(1, count).Select(number => new SimulatedCoordinator(this, $"c{number}"))];
        SlowChance = Agenda.Pick([0, 0.01, 0.05]);
        for (var worker = Agenda.Between(2, 5); worker > 0; worker--)
        {
            AddWorker();
        }

        for (var run = 1; run <= Agenda.Pick([1, 1, 2, 2, 3]); run++)
        {
            var least = Agenda.Between(1, 2);
            _clients.Add(new SimulatedClient(this, $"u{run}", Facts(run, least, Agenda.Between(least, 4))));
        }
    }

    public int Seed { get; }

    public Flaws Flaws { get; }

    public Agenda Agenda { get; }

    public SimulatedDatabase Database { get; }

    public Checker Checker { get; }

    public ClusterOptions Options { get; } = new() { GrowAfter = TimeSpan.FromSeconds(3), FruitlessGenerations = 1000, MinPlanAheadSteps = 4, MaxPlanAheadSteps = 16 };

    public List<SimulatedCoordinator> Coordinators { get; }

    public SortedDictionary<string, SimulatedWorker> Workers { get; } = new(StringComparer.Ordinal);

    /// <summary>Chance that something is late or lost.</summary>
    public double SlowChance { get; private set; }

    public static ulong Weights(long step) => step == 0 ? 0 : unchecked((ulong)step * 0x9E3779B97F4A7C15UL);

    public long Steps(string runId) => Database.Rows[runId].Facts.TotalSteps;

    public long Saved(string runId) => _saved.GetValueOrDefault(runId)?.Max ?? 0;

    public IRunFolder FolderOf(string path) =>
        _folders.TryGetValue(path, out var folder) ? folder : _folders[path] = new SimulatedFolder(Agenda) { CrashChance = Database.CrashChance };

    public void AddWorker()
    {
        var worker = new SimulatedWorker(this, $"w{++_born:00}");
        Workers.Add(worker.Name, worker);
    }

    public void Join(SimulatedWorker worker)
    {
        var key = (worker.Assignment!.RunId, worker.Assignment.Generation);
        var group = _groups.TryGetValue(key, out var known) ? known : _groups[key] = new SimulatedGroup(this, worker.Assignment);
        group.Join(worker);
    }

    /// <summary>Whether the network passes nothing between two workers.</summary>
    public bool AreTorn(string one, string other) =>
        _torn.GetValueOrDefault(string.CompareOrdinal(one, other) < 0 ? (one, other) : (other, one)) > Agenda.Elapsed;

    /// <summary>A rank saves the state where all machines see it, and tells the coordinator once.</summary>
    public void Save(SimulatedWorker rank, Assignment assignment, long step)
    {
        (_saved.TryGetValue(assignment.RunId, out var known) ? known : _saved[assignment.RunId] = []).Add(step);
        var leader = Coordinators.Find(coordinator => coordinator.Leads && !coordinator.IsCut);
        if (leader is null || rank.IsCut)
        {
            return;
        }

        // A slow disk or a slow network: the generation may be over when the coordinator hears of it.
        RunRecord? saved = null;
        leader.Later(1, Agenda.Chance(SlowChance) ? 2000 : 30, () => leader.Post(
            state =>
            {
                // One that led before the run came knows nothing of it, and says so.
                saved = state.Cluster.Runs.GetValueOrDefault(assignment.RunId);
                state.Save(assignment.RunId, Flaws.StaleCheckpoints ? saved?.Generation ?? 0 : assignment.Generation, new CheckpointEvent { Step = step, Path = $"step-{step}" }, []);
            },
            error =>
            {
                if (error is null)
                {
                    Checker.Acknowledged(saved!, assignment.Generation, step);
                }
            }));
    }

    /// <summary>Trouble for a while, then calm until all runs are done.</summary>
    /// <exception cref="Violation">A promise was broken.</exception>
    public void Run()
    {
        SetCrashChance(Agenda.Pick([0, 0.002, 0.01]));
        Agenda.In(500, 1500, Trouble);
        while (Agenda.Step(s_chaos))
        {
        }

        Calm();
        while (Agenda.Elapsed < s_patience && !Done())
        {
            if (!Agenda.Step(s_patience))
            {
                break;
            }
        }

        Violation.Unless(Database.Rows.Count == _clients.Count, $"{_clients.Count} runs were submitted and {Database.Rows.Count} are there");
        foreach (var client in _clients)
        {
            var run = client.RunId is { } id ? Database.Rows[id].Run : throw new Violation($"{client.Name} could not submit");
            Violation.Unless(run.Phase == RunPhase.Succeeded, $"run {run.Id} did not succeed when all was calm: {run.Phase} at step {run.Step} ({run.Reason})");
            Violation.Unless(run.Step == run.TotalSteps, $"run {run.Id} succeeded at step {run.Step}");
            Checker.TakeOver();
            Checker.Audit(run.Id, _folders[Database.Rows[run.Id].Facts.OutDir].Read());
        }
    }

    // Somebody leads, so what a crash left undone was mended.
    private static string Text(SimulatedWorker worker) =>
        $"{worker.Name}: {(worker.Session is { Stands: true } ? "connected" : "not connected")}, "
        + $"{(worker.Working ? "works for" : "last worked for")} generation {worker.Assignment?.Generation} of {worker.Assignment?.RunId}, holds {worker.Held}";

    /// <summary>Where everything stands.</summary>
    public string Describe() => string.Join('\n', Database.Rows.Values.Select(row => $"{row.Run.Id}: {row.Run.Phase} at {row.Run.Step} of {row.Run.TotalSteps}: {row.Run.Reason}")
        .Concat(Workers.Values.Select(Text)));

    private bool Done() => Coordinators.Exists(coordinator => coordinator.Leads) && _clients.TrueForAll(client => client.RunId is { } id && Database.Rows.TryGetValue(id, out var row) && row.Run.Phase == RunPhase.Succeeded);

    private void Calm()
    {
        Agenda.Note("calm", "world");
        SlowChance = 0;
        _torn.Clear();
        SetCrashChance(0);
        _clients.ForEach(client => client.Calm());
        foreach (var node in Coordinators.Cast<SimulatedNode>().Concat(Workers.Values))
        {
            node.Heal();
        }

        Coordinators.ForEach(coordinator => coordinator.Start());
        while (Workers.Count < 3)
        {
            AddWorker();
        }
    }

    private void SetCrashChance(double chance)
    {
        Database.CrashChance = chance;
        foreach (var folder in _folders.Values)
        {
            folder.CrashChance = chance;
        }
    }

    private void Trouble()
    {
        if (Agenda.Elapsed >= s_chaos)
        {
            return;
        }

        var coordinator = Agenda.Pick(Coordinators);
        var worker = Workers.Count > 0 ? Workers.Values.ElementAt(Agenda.Below(Workers.Count)) : null;
        var time = TimeSpan.FromMilliseconds(Agenda.Between(200, 6000));
        switch (Agenda.Below(11))
        {
            case 0:
                coordinator.Crash();
                break;
            case 1:
                coordinator.Stall(time);
                break;
            case 2 when !_onePlace:
                coordinator.Cut(time);
                break;
            case 3 when !_onePlace:
                Agenda.Note("the leader's lock is lost", "database");
                Database.Drop();
                break;
            case 4:
                LosePower();
                break;
            case 5:
                worker?.Kill();
                break;
            case 6:
                worker?.Stall(time);
                break;
            case 7:
                worker?.Cut(time);
                worker?.Disconnect();
                break;
            case 8:
                worker?.Disconnect();
                break;
            case 9 when Agenda.Chance(0.2):
                Workers.Values.ToList().ForEach(each => each.Kill());
                break;
            case 10 when Workers.Count > 1:
                Tear(time * Agenda.Pick([1, 1, 10]));
                break;
        }

        Agenda.In(200, 2500, Trouble);
    }

    private void Tear(TimeSpan time)
    {
        var one = Agenda.Below(Workers.Count - 1);
        var pair = (Workers.Keys.ElementAt(one), Workers.Keys.ElementAt(Agenda.Between(one + 1, Workers.Count - 1)));
        Agenda.Note($"is cut off from {pair.Item2}", pair.Item1, time.Ticks);
        _torn[pair] = Agenda.Elapsed + time;
    }

    // Of the database's machine; with one coordinator that is the coordinator's too.
    private void LosePower()
    {
        Agenda.Note("power cut", "database");
        if (_onePlace)
        {
            Coordinators[0].Crash();
        }

        Database.Crash();
        if (_onePlace)
        {
            foreach (var folder in _folders.Values)
            {
                folder.LosePower();
            }
        }
    }

    private RunFacts Facts(int number, int least, int most) => new()
    {
        Id = "",
        Order = 0,
        Name = $"run{number}",
        SpecYaml = "spec",
        SpecDigest = $"spec {number}",
        OutDir = $"/out/{number}",
        Owner = "tester",
        IdempotencyKey = Flaws.NoKeys ? "" : $"key {number}",
        MinWorkers = least,
        MaxWorkers = most,
        Microbatches = Microbatches,
        SamplesPerStep = 8,
        SamplesPerEpoch = 37,
        TotalSteps = Agenda.Between(6, 36),
        Submitted = DateTimeOffset.UnixEpoch,
    };
}
