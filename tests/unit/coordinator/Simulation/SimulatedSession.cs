using System.Threading.Channels;
using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Protos.V1;

namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>A worker's stream to a coordinator: in order each way while it stands; when it breaks, some of what was under way still arrives and the rest does not.</summary>
internal sealed class SimulatedSession
{
    private readonly World _world;
    private readonly SimulatedWorker _worker;
    private readonly SimulatedCoordinator _coordinator;
    private readonly int _life;
    private readonly int _workerLife;
    private TimeSpan _upArrives;
    private TimeSpan _downArrives;
    private TimeSpan _upEnds = TimeSpan.MaxValue;
    private TimeSpan _downEnds = TimeSpan.MaxValue;
    private long? _number;
    private long _said;
    private long _heard;
    private bool _broken;
    private bool _noticed;

    public SimulatedSession(World world, SimulatedWorker worker, SimulatedCoordinator coordinator)
    {
        (_world, _worker, _coordinator, _life, _workerLife) = (world, worker, coordinator, coordinator.Life, worker.Life);
        HeldAtStart = worker.Held ?? ("", 0);
        var hello = worker.Introduce();
        Up(() => coordinator.Post(
            state =>
            {
                Say(new CoordinatorMessage { Welcome = new Welcome() });
                _number = state.Connect(hello, new Down(this));
                coordinator.Sessions[worker.Name] = _number.Value;
            },
            error =>
            {
                Disconnect();
                if (error is not null)
                {
                    Break(coordinator);
                }
            }));
    }

    public bool Stands => !_broken;

    /// <summary>What the worker held when it introduced itself.</summary>
    public (string RunId, long Step) HeldAtStart { get; }

    /// <summary>Whether this is a session with that coordinator, which has heard all that was said in it.</summary>
    public bool IsHeardBy(SimulatedCoordinator coordinator) => Stands && coordinator == _coordinator && _number is not null && _heard == _said;

    public void Send(WorkerMessage message)
    {
        _said++;
        Up(() =>
        {
            if (_number is { } number)
            {
                _coordinator.Post(state => Hear(state, number, message), _ => { });
            }
        });
    }

    private void Hear(ControlState state, long number, WorkerMessage message)
    {
        _heard++;
        var (before, newest) = (state.Cluster, _coordinator.Sessions[_worker.Name]);
        Violation.Unless(state.Hear(_worker.Name, _world.Flaws.StaleSessions ? newest : number, message), $"{message.MessageCase} was not understood");
        Violation.Unless(number == newest || ReferenceEquals(before, state.Cluster), $"{message.MessageCase} of {_worker.Name} counted, over a session that was replaced");
    }

    /// <summary>It is over. Each end notices by itself.</summary>
    public void Break(SimulatedCoordinator coordinator)
    {
        if (_broken || coordinator != _coordinator)
        {
            return;
        }

        _broken = true;
        var now = _world.Agenda.Elapsed;
        _upEnds = Share(now, _upArrives);
        _downEnds = Share(now, _downArrives);
        var silent = _worker.IsCut || _coordinator.IsCut;
        // A cut wire tells neither end: each finds out when its patience is over.
        _worker.Later(silent ? 1000 : 1, silent ? 3000 : 50, () => _worker.Lost(this));
        if (_coordinator.Life == _life)
        {
            _coordinator.Later(silent ? 1000 : 1, silent ? 5000 : 300, () =>
            {
                _noticed = true;
                Disconnect();
            });
        }
    }

    private void Disconnect()
    {
        if (_number is { } number && _noticed)
        {
            _coordinator.Post(state => state.Disconnect(_worker.Name, number), _ => { });
        }
    }

    private TimeSpan Share(TimeSpan now, TimeSpan arrives) => now + ((arrives - now) * _world.Agenda.Below(3) / 2);

    private void Say(CoordinatorMessage message)
    {
        if (_coordinator.Life != _life)
        {
            return;
        }

        _downArrives = Arrival(_downArrives);
        var arrives = _downArrives;
        _world.Agenda.In(arrives - _world.Agenda.Elapsed, () =>
        {
            if (arrives <= _downEnds && _worker.Alive && _worker.Life == _workerLife && _worker.Session == this)
            {
                _worker.Later(0, 0, () => _worker.Hear(this, message));
            }
        });
    }

    private void Up(Action what)
    {
        _upArrives = Arrival(_upArrives);
        var arrives = _upArrives;
        _world.Agenda.In(arrives - _world.Agenda.Elapsed, () =>
        {
            if (arrives <= _upEnds && _coordinator.Life == _life)
            {
                _coordinator.Later(0, 0, what);
            }
        });
    }

    // In order, mostly soon, at times late.
    private TimeSpan Arrival(TimeSpan last)
    {
        var agenda = _world.Agenda;
        var arrives = agenda.Elapsed + TimeSpan.FromMilliseconds(agenda.Chance(_world.SlowChance) ? agenda.Between(50, 1500) : agenda.Between(1, 8));
        return arrives > last ? arrives : last + TimeSpan.FromTicks(1);
    }

    /// <summary>What the coordinator writes to.</summary>
    private sealed class Down(SimulatedSession session) : ChannelWriter<CoordinatorMessage>
    {
        public override bool TryWrite(CoordinatorMessage item)
        {
            session.Say(item);
            return true;
        }

        public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(true);

        public override bool TryComplete(Exception? error = null)
        {
            session.Break(session._coordinator);
            return true;
        }
    }
}
