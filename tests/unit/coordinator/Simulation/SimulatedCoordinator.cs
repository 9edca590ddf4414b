using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;

namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>A coordinator's process: the product's desk and state, with its loop, its ticks and its elections on virtual time.</summary>
internal sealed class SimulatedCoordinator : SimulatedNode
{
    private const int TickMs = 400;
    private const int ElectionMs = 500;

    private readonly List<(Work Work, Task Stored, Action<Exception?> Answered)> _inbox = [];
    private IStoreSession? _session;
    private Desk? _desk;
    private bool _turning;
    private int _ticks;

    public SimulatedCoordinator(World world, string name)
        : base(world, name) => Later(0, 50, Elect);

    public bool Leads => Alive && _desk is not null;

    public RendezvousRooms Rooms { get; private set; } = new();

    public RunFeeds Feeds { get; private set; } = new();

    /// <summary>Views of runs after each thing done in this turn, promoted when the turn is stored.</summary>
    public List<(string RunId, RunRecord Run)> Provisional { get; } = [];

    /// <summary>The number of each worker's last session.</summary>
    public Dictionary<string, long> Sessions { get; } = [];

    public ControlState State => _desk!.State;

    /// <summary>Hands something to the loop; the answer comes when it is stored, or with what went wrong.</summary>
    public void Post(Action<ControlState> what, Action<Exception?> answered)
    {
        if (!Leads)
        {
            answered(new NotLeadingException(World.Database.Leader()));
            return;
        }

        var stored = new TaskCompletionSource();
        var work = new Work(
            state =>
            {
                var before = state.Cluster;
                what(state);
                Remember(before, state.Cluster);
            },
            stored);
        _inbox.Add((work, stored.Task, answered));
        if (!_turning)
        {
            _turning = true;
            Later(0, 4, Turn);
        }
    }

    public void Crash()
    {
        if (Alive)
        {
            Agenda.Note("dies", Name);
            Reset();
            Alive = false;
            // Whoever talked to it notices; the database frees its lock.
            World.Workers.Values.ToList().ForEach(worker => worker.Session?.Break(this));
            Agenda.In(0, 300, () => World.Database.Drop(Name));
            Agenda.In(200, 4000, Start);
        }
    }

    public void Start()
    {
        if (!Alive)
        {
            Agenda.Note("starts", Name);
            World.Database.Drop(Name);
            Alive = true;
            Later(0, 50, Elect);
        }
    }

    private void Reset()
    {
        EndLife();
        var left = _inbox.ToList();
        (_desk, _session, _turning) = (null, null, false);
        _inbox.Clear();
        Provisional.Clear();
        left.ForEach(item => item.Answered(new SimulatedCrashException()));
    }

    private void Elect()
    {
        if (!IsCut && World.Database.TryLead(Name) is { } session)
        {
            Agenda.Note("leads", Name, session.Term);
            (Rooms, Feeds, _session) = (new RendezvousRooms(), new RunFeeds(), session);
            Sessions.Clear();
            World.Checker.TakeOver();
            Guarded(() =>
            {
                var state = new ControlState(World.Database, Rooms, Feeds, World.FolderOf, Agenda, World.Options);
                _desk = new Desk(state, session);
                World.Checker.Restored(state.Cluster);
            });
            Later(TickMs, TickMs, Tick);
            return;
        }

        Later(ElectionMs, ElectionMs, Elect);
    }

    private void Tick()
    {
        Post(
            state =>
            {
                if (++_ticks % 3 == 0)
                {
                    _session!.Renew();
                }

                state.Happen(new Ticked());
            },
            _ => { });
        Later(TickMs, TickMs, Tick);
    }

    private void Turn()
    {
        _turning = false;
        if (IsCut)
        {
            // The database is out of reach: the loop hangs in its commit.
            _turning = true;
            Later(100, 100, Turn);
            return;
        }

        var batch = _inbox.ToList();
        _inbox.Clear();
        if (Guarded(() => _desk!.Turn([.. batch.Select(item => item.Work)])))
        {
            World.Checker.Said(State, Feeds, Agenda.GetUtcNow());
            batch.ForEach(item => item.Answered(item.Stored.Exception?.InnerException));
        }
        else
        {
            batch.ForEach(item => item.Answered(new SimulatedCrashException()));
        }
    }

    private bool Guarded(Action work)
    {
        try
        {
            work();
            World.Checker.Promote(this);
            return true;
        }
        catch (SimulatedCrashException)
        {
            Provisional.Clear();
            Crash();
        }
        catch (LeadershipLostException)
        {
            Agenda.Note("steps down", Name);
            Provisional.Clear();
            World.Workers.Values.ToList().ForEach(worker => worker.Session?.Break(this));
            Reset();
            Later(50, 100, Elect);
        }

        return false;
    }

    private void Remember(Cluster before, Cluster after)
    {
        if (!ReferenceEquals(before.Runs, after.Runs))
        {
            World.Checker.Placed(this, before, after, Agenda.GetUtcNow());
            Provisional.AddRange(after.Runs.Where(run => !ReferenceEquals(before.Runs.GetValueOrDefault(run.Key), run.Value)).Select(run => (run.Key, run.Value)));
        }
    }
}
