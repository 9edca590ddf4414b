using Orchestrator.Protos.V1;

namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>The ranks of a generation among themselves: they meet, agree on a state, step together, and notice a peer that is gone.</summary>
internal sealed class SimulatedGroup(World world, Assignment assignment)
{
    private const int StepsBetweenCheckpoints = 4;

    private readonly SortedDictionary<int, SimulatedWorker> _ranks = [];
    private bool _met;

    private string RunId => assignment.RunId;

    public void Join(SimulatedWorker worker)
    {
        _ranks[worker.Assignment!.Rank] = worker;
        if (_ranks.Count == assignment.WorldSize && !_met)
        {
            _met = true;
            world.Agenda.In(5, 40, Agree);
        }
        else
        {
            world.Agenda.In(2000, 4000, () => Broken());
        }
    }

    // Of a broken group whoever is still in it notices.
    private bool Broken()
    {
        if (_met && _ranks.Values.All(IsIn))
        {
            return false;
        }

        foreach (var worker in _ranks.Values.Where(IsIn))
        {
            worker.Later(1, 100, () =>
            {
                if (IsIn(worker))
                {
                    worker.Leave(Left.Types.Outcome.PeerLost, "a peer is gone");
                }
            });
        }

        return true;
    }

    private bool IsIn(SimulatedWorker worker) =>
        worker.Alive && worker.Working && worker.Assignment!.RunId == RunId && worker.Assignment.Generation == assignment.Generation;

    // Nothing passes between two of the ranks: both learn it, if it lasts, and say so; the others compute on until they are released.
    private bool Torn(Action goOn)
    {
        var pairs = _ranks.Values.SelectMany(_ => _ranks.Values, (one, other) => (one, other)).Where(pair => pair.one != pair.other && world.AreTorn(pair.one.Name, pair.other.Name)).ToList();
        if (pairs.Count == 0)
        {
            return false;
        }

        world.Agenda.In(1000, 1800, () =>
        {
            var still = pairs.Where(pair => IsIn(pair.one) && world.AreTorn(pair.one.Name, pair.other.Name)).ToList();
            foreach (var (one, other) in still)
            {
                one.Later(1, 300, () => Suspect(one, other));
            }

            if (still.Count == 0)
            {
                goOn();
            }
        });
        return true;
    }

    private void Suspect(SimulatedWorker one, SimulatedWorker other)
    {
        if (IsIn(one))
        {
            one.Mention(new WorkerMessage
            {
                PeerSuspected = new Protos.V1.PeerSuspected
                {
                    RunId = RunId,
                    Generation = assignment.Generation,
                    Peer = _ranks.First(rank => rank.Value == other).Key,
                    Text = "the test",
                    SilentMs = 1500,
                },
            });
            one.Leave(Left.Types.Outcome.PeerLost, "a peer cannot be reached");
        }
    }

    private void Agree()
    {
        if (Broken() || Torn(Agree))
        {
            return;
        }

        var newest = _ranks.Values.Max(worker => worker.HeldOf(RunId));
        var source = newest > 0 ? "peers" : "none";
        if (world.Saved(RunId) is var saved && saved > newest && !(world.Flaws.StaleMemory && newest > 0))
        {
            (newest, source) = (saved, "checkpoint");
        }

        if (world.Agenda.Chance(world.SlowChance / 10))
        {
            // Lost while the state was on its way: whoever was to get it holds nothing now.
            foreach (var worker in _ranks.Values)
            {
                worker.Held = worker.HeldOf(RunId) == newest ? worker.Held : null;
                worker.Leave(Left.Types.Outcome.PeerLost, "the network broke");
            }

            return;
        }

        world.Checker.Began(RunId, assignment.Generation, newest, source);
        foreach (var worker in _ranks.Values)
        {
            worker.Held = (RunId, newest);
            worker.Report(new WorkerMessage
            {
                Ready = new Ready { RunId = RunId, Generation = assignment.Generation, Source = source, State = new StepState { Step = newest, WeightsDigest = Simulation.World.Weights(newest) } },
            });
        }

        Next();
    }

    private void Next() => world.Agenda.In(60, 250, Work);

    private void Work()
    {
        if (Broken() || Torn(Work))
        {
            return;
        }

        var step = _ranks[0].HeldOf(RunId) + 1;
        if (step > world.Steps(RunId) || _ranks.Values.Any(worker => worker.Draining))
        {
            Stop(step > world.Steps(RunId));
        }
        else if (!_ranks.Values.All(worker => worker.Plan.Contains(step)))
        {
            Next();
        }
        else
        {
            // A rank may be lost between its peers' ends of a step: some hold it, some do not.
            var breaks = world.Agenda.Chance(world.SlowChance / 10);
            world.Agenda.Note($"generation {assignment.Generation} does step", RunId, step);
            foreach (var worker in _ranks.Values.Where(_ => !breaks || world.Agenda.Chance(0.5)))
            {
                worker.Held = (RunId, step);
                worker.Report(Done(step), step);
            }

            if (breaks)
            {
                _ranks.Values.ToList().ForEach(worker => worker.Leave(Left.Types.Outcome.PeerLost, "the network broke"));
                return;
            }

            if (step % StepsBetweenCheckpoints == 0)
            {
                world.Save(_ranks[0], assignment, step);
            }

            Next();
        }
    }

    private void Stop(bool finished)
    {
        world.Save(_ranks[0], assignment, _ranks[0].HeldOf(RunId));
        foreach (var worker in _ranks.Values)
        {
            worker.Leave(finished ? Left.Types.Outcome.Finished : Left.Types.Outcome.Drained, "");
        }
    }

    private WorkerMessage Done(long step) => new()
    {
        StepDone = new StepDone
        {
            RunId = RunId,
            Generation = assignment.Generation,
            Step = new StepEvent { Step = step, WeightsDigest = Simulation.World.Weights(step), Loss = 1.0 / step, Tokens = 8, TargetTokens = 4, StepSeconds = 0.15 },
        },
    };
}
