using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>A worker's process: the product's outbox, a session kept again and again, and a model of the training thread.</summary>
internal sealed class SimulatedWorker : SimulatedNode
{
    private const int HeartbeatMs = 500;

    private Outbox<WorkerMessage> _outbox = new();
    private long _said;
    private bool _welcome;
    private long _beats;

    public SimulatedWorker(World world, string name)
        : base(world, name) => Later(0, 500, Connect);

    public SimulatedSession? Session { get; private set; }

    public Assignment? Assignment { get; private set; }

    /// <summary>Whether the training thread works for <see cref="Assignment"/>.</summary>
    public bool Working { get; private set; }

    public bool Draining { get; private set; }

    public HashSet<long> Plan { get; } = [];

    public (string RunId, long Step)? Held { get; set; }

    /// <summary>Whether a coordinator has heard what it holds, and it works for nobody, so that this is how it stays.</summary>
    public bool IsKnownTo(SimulatedCoordinator coordinator) =>
        Alive && !Working && Session is { } session && session.IsHeardBy(coordinator)
        && ((_welcome && _outbox.IsSaid) || session.HeldAtStart == (Held ?? ("", 0)));

    public Hello Introduce()
    {
        var hello = new Hello { WorkerId = Name, Version = "1", Host = "host", Device = "cpu" };
        if (Assignment is not null)
        {
            hello.Held = new HeldAssignment
            {
                RunId = Assignment.RunId,
                Generation = Assignment.Generation,
                Rank = Assignment.Rank,
                State = new StepState { Step = World.Flaws.UntoldSteps ? 0 : HeldOf(Assignment.RunId) },
            };
        }

        return hello;
    }

    public void Kill()
    {
        if (Alive)
        {
            Agenda.Note("is killed", Name);
            Alive = false;
            EndLife();
            if (Session is not null)
            {
                World.Coordinators.ForEach(Session.Break);
            }

            World.Workers.Remove(Name);
            Agenda.In(100, 3000, World.AddWorker);
        }
    }

    /// <summary>Its connection breaks.</summary>
    public void Disconnect()
    {
        if (Session is not null)
        {
            World.Coordinators.ForEach(Session.Break);
        }
    }

    public void Lost(SimulatedSession session)
    {
        if (Session == session)
        {
            (Session, _welcome) = (null, false);
            Later(100, 1500, Connect);
        }
    }

    public void Report(WorkerMessage message, long step = 0)
    {
        _outbox.Report(message, step);
        Flush();
    }

    /// <summary>Says something that may be lost.</summary>
    public void Mention(WorkerMessage message)
    {
        _outbox.Mention(message);
        Flush();
    }

    public void Leave(Left.Types.Outcome outcome, string text)
    {
        if (!Working)
        {
            return;
        }

        Agenda.Note($"leaves ({outcome})", Name, Assignment!.Generation);
        Working = false;
        Report(new WorkerMessage
        {
            Left = new Left
            {
                RunId = Assignment.RunId,
                Generation = Assignment.Generation,
                Outcome = outcome,
                Text = text,
                State = World.Flaws.UntoldSteps && outcome == Left.Types.Outcome.PeerLost ? null
                    : new StepState { Step = HeldOf(Assignment.RunId), WeightsDigest = Simulation.World.Weights(HeldOf(Assignment.RunId)) },
            },
        });
    }

    public long HeldOf(string runId) => Held is { } held && held.RunId == runId ? held.Step : 0;

    public void Hear(SimulatedSession session, CoordinatorMessage message)
    {
        if (Session != session)
        {
            return;
        }

        if (message.MessageCase != CoordinatorMessage.MessageOneofCase.HeartbeatReply)
        {
            Agenda.Note($"hears {message.MessageCase}", Name, message.MessageCase == CoordinatorMessage.MessageOneofCase.Plan ? message.Plan.Steps[0].Step : 0);
        }

        switch (message.MessageCase)
        {
            case CoordinatorMessage.MessageOneofCase.Welcome:
                (_said, _welcome) = (World.Flaws.NoRepeats ? _said : 0, true);
                Flush();
                Later(HeartbeatMs, HeartbeatMs, () => Beat(session));
                break;
            case CoordinatorMessage.MessageOneofCase.Assignment:
                Take(message.Assignment);
                break;
            case CoordinatorMessage.MessageOneofCase.Plan when Works(message.Plan.RunId, message.Plan.Generation):
                Plan.UnionWith(message.Plan.Steps.Select(step => step.Step));
                break;
            case CoordinatorMessage.MessageOneofCase.Drain when Works(message.Drain.RunId, message.Drain.Generation):
                Draining = true;
                break;
            case CoordinatorMessage.MessageOneofCase.Prepare:
                if (!Working)
                {
                    Held = Held?.RunId == message.Prepare.RunId ? Held : null;
                    Mention(new WorkerMessage { Prepared = new Prepared { RunId = message.Prepare.RunId } });
                }

                break;
            case CoordinatorMessage.MessageOneofCase.HeartbeatReply:
                _outbox.Stored(message.HeartbeatReply.RunId, message.HeartbeatReply.CommittedStep);
                break;
            case CoordinatorMessage.MessageOneofCase.Release:
                if (Works(message.Release.RunId, message.Release.Generation))
                {
                    Leave(Left.Types.Outcome.PeerLost, "the generation was released");
                }

                if (message.Release.Forget && !Working && Held?.RunId == message.Release.RunId)
                {
                    Held = null;
                }

                break;
        }
    }

    private bool Works(string runId, long generation) => Working && Assignment!.RunId == runId && Assignment.Generation == generation;

    private void Connect()
    {
        var coordinator = Agenda.Pick(World.Coordinators);
        if (Session is null && !IsCut && !coordinator.IsCut && coordinator.Leads)
        {
            Session = new SimulatedSession(World, this, coordinator);
            return;
        }

        if (Session is null)
        {
            Later(100, 1000, Connect);
        }
    }

    private void Beat(SimulatedSession session)
    {
        if (Session == session)
        {
            Mention(new WorkerMessage { Heartbeat = new Heartbeat { Sequence = ++_beats } });
            Later(HeartbeatMs, HeartbeatMs, () => Beat(session));
        }
    }

    private void Flush()
    {
        if (_welcome && Session is { Stands: true } session)
        {
            foreach (var message in _outbox.Take(ref _said, out _))
            {
                session.Send(message);
            }

            _outbox.Said(_said);
        }
    }

    private void Take(Assignment assignment)
    {
        if (Assignment is { } known && (known.RunId, known.Generation) == (assignment.RunId, assignment.Generation))
        {
            return;
        }

        World.Checker.Assigned(Name, assignment);
        Leave(Left.Types.Outcome.PeerLost, "another assignment came");
        Agenda.Note($"is rank {assignment.Rank} of {assignment.WorldSize} of {assignment.RunId}", Name, assignment.Generation);
        (Assignment, Working, Draining) = (assignment, true, false);
        Plan.Clear();
        _outbox.Open(assignment.RunId, assignment.Generation);
        if (Held?.RunId != assignment.RunId)
        {
            Held = null;
        }

        Later(5, 60, () => Join(assignment));
    }

    // Every rank writes where it is found, reads where the others are, and connects to them.
    private void Join(Assignment assignment)
    {
        if (!Works(assignment.RunId, assignment.Generation))
        {
            return;
        }

        if (assignment.WorldSize == 1)
        {
            World.Join(this);
            return;
        }

        Meet(assignment, room =>
        {
            room.Set($"{assignment.Rank}", [1]);
            return true;
        }, () => Find(assignment, 200));
    }

    private void Find(Assignment assignment, int attempts) => Meet(
        assignment,
        room => Enumerable.Range(0, assignment.WorldSize).All(rank => room.Get($"{rank}") is not null),
        () => World.Join(this),
        () =>
        {
            if (attempts == 0)
            {
                Leave(Left.Types.Outcome.PeerLost, "the ranks did not meet");
            }
            else
            {
                Later(50, 100, () => Find(assignment, attempts - 1));
            }
        });

    // A call to the coordinator that the session is with; one that breaks ends the meeting.
    private void Meet(Assignment assignment, Func<Room, bool> work, Action met, Action? again = null) => Later(1, 10, () =>
    {
        if (!Works(assignment.RunId, assignment.Generation))
        {
            return;
        }

        var coordinator = World.Coordinators.Find(candidate => candidate.Leads && !candidate.IsCut);
        try
        {
            if (coordinator is null || IsCut || Agenda.Chance(World.SlowChance / 20))
            {
                Leave(Left.Types.Outcome.PeerLost, "the coordinator cannot be reached");
            }
            else
            {
                // One that led before the run came knows nothing of it.
                var newest = coordinator.State.Cluster.Runs.GetValueOrDefault(assignment.RunId)?.Generation ?? 0;
                var room = coordinator.Rooms.Enter(assignment.RunId, World.Flaws.OpenRooms ? newest : assignment.Generation);
                World.Checker.Entered(Name, assignment, room, newest);
                (work(room) ? met : again!)();
            }
        }
        catch (StaleGenerationException e)
        {
            Leave(Left.Types.Outcome.PeerLost, e.Message);
        }
    });
}
