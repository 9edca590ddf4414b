using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>Someone who submits a run and then pauses, resumes, cancels and looks at it, through answers that get lost and coordinators that come and go.</summary>
internal sealed class SimulatedClient : SimulatedNode
{
    private readonly RunFacts _facts;
    private string? _runId;
    private int _attempts;
    private bool _calm;

    public SimulatedClient(World world, string name, RunFacts facts)
        : base(world, name)
    {
        _facts = facts;
        Later(0, 500, Act);
    }

    public string? RunId => _runId;

    /// <summary>From now on it only wants its run done.</summary>
    public void Calm() => _calm = true;

    private void Act()
    {
        if (_runId is null)
        {
            // Each attempt brings another id and the same key, as the coordinator's edge would make it.
            var facts = _facts with { Id = $"{_facts.Name}-{++_attempts}" };
            Call("submit", null, state => state.Submit(facts, new FolderHistory(null, [], null)), run => _runId = Same(run.RunId));
        }
        else
        {
            var choice = _calm ? 3 : Agenda.Below(12);
            Func<ControlState, Run> call = choice switch
            {
                0 => state => state.Pause(_runId),
                1 => state => state.Cancel(_runId),
                2 or 3 => state => state.Resume(_runId),
                _ => state => state.Describe(_runId),
            };
            Call(choice switch { 0 => "pause", 1 => "cancel", 2 or 3 => "resume", _ => "get" }, _runId, call, _ => { });
        }

        Later(200, _calm ? 1000 : 2500, Act);
    }

    private string Same(string runId)
    {
        Violation.Unless(_runId is null || _runId == runId, $"key {_facts.IdempotencyKey} is run {_runId} and run {runId}");
        return runId;
    }

    private void Call(string what, string? runId, Func<ControlState, Run> call, Action<Run> answered)
    {
        var begun = World.Checker.Now;
        var coordinator = Agenda.Pick(World.Coordinators);
        var (view, explained) = ((RunRecord?)null, "");
        coordinator.Later(1, 20, () => coordinator.Post(
            state =>
            {
                var run = call(state);
                view = state.Cluster.Runs[run.RunId];
                explained = state.Explain(run.RunId);
                runId = run.RunId;
            },
            error =>
            {
                // The answer may be lost on its way.
                if (error is null && !Agenda.Chance(World.SlowChance))
                {
                    if (!_calm)
                    {
                        Agenda.Note(what, Name, view!.Step);
                    }

                    World.Checker.Answered($"{Name}: {what} {runId}", view!, begun, explained);
                    answered(new Run { RunId = runId! });
                }
            }));
    }
}
