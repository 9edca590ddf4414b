using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Core.Plans;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>Holds what every process saw against what the control plane promises, after everything that happens.</summary>
internal sealed class Checker(World world, SimulatedDatabase database, int microbatches)
{
    private readonly Dictionary<string, List<(long At, RunRecord Run)>> _history = [];
    private readonly Dictionary<(string RunId, long Generation, int Rank), (string Worker, Assignment Assignment)> _ranks = [];
    private readonly Dictionary<string, List<RunEvent>> _watched = [];
    private readonly Dictionary<string, long> _savedFor = [];
    private readonly Dictionary<(string RunId, long Step), ulong> _weights = [];
    private readonly Dictionary<string, long> _attempts = [];
    private readonly HashSet<(string Worker, string RunId)> _forgets = [];

    /// <summary>Counts the states that stood.</summary>
    public long Now { get; private set; }

    /// <summary>A turn is stored: what was seen in it is what the one copy of the state was, one after the other.</summary>
    public void Promote(SimulatedCoordinator coordinator)
    {
        foreach (var (runId, run) in coordinator.Provisional)
        {
            Stood(runId, run);
        }

        coordinator.Provisional.Clear();
    }

    /// <summary>A leader took up what is stored.</summary>
    public void Restored(Cluster cluster)
    {
        foreach (var (runId, run) in cluster.Runs)
        {
            Stood(runId, run);
        }
    }

    /// <summary>A leader begins with the store as it is: nothing that anyone was told may be missing from it.</summary>
    public void TakeOver()
    {
        foreach (var (runId, events) in _watched)
        {
            Violation.Unless(database.Rows.ContainsKey(runId), $"run {runId} was accepted and is gone");
            var stored = database.Rows[runId].Events;
            Violation.Unless(stored.Count >= events.Count, $"run {runId}: {events.Count} events were told and {stored.Count} are stored");
            Violation.Unless(events.Count == 0 || stored[events.Count - 1].Equals(events[^1]), $"run {runId}: event {events.Count} is another than was told");
        }

        foreach (var (runId, step) in _savedFor)
        {
            Violation.Unless(database.Rows[runId].Run.CheckpointStep >= step, $"run {runId}: the checkpoint of step {step} was acknowledged and is not known");
        }
    }

    /// <summary>A leader said what its turn led to: followers of runs read on.</summary>
    public void Said(ControlState state, RunFeeds feeds, DateTimeOffset now)
    {
        var idle = state.Cluster.Workers.Values.Where(worker => worker.IsIdle).OrderBy(worker => worker.Order);
        Violation.Unless(state.Cluster.IdleWorkers.SequenceEqual(idle), "the idle workers are not those that are idle");
        foreach (var run in state.Cluster.Runs.Values.Where(run => run.BrokenSince is null))
        {
            var torn = state.Cluster.Separations.FirstOrDefault(separation => now < separation.Until && run.RankOf(separation.One) >= 0 && run.RankOf(separation.Other) >= 0);
            Violation.Unless(torn is null, $"generation {run.Generation} of run {run.Id} goes on with {torn?.One} and {torn?.Other}, which cannot reach each other");
        }

        foreach (var (runId, run) in state.Cluster.Runs)
        {
            var told = feeds.Of(runId).Look().LastSequence;
            var watched = _watched.TryGetValue(runId, out var known) ? known : _watched[runId] = [];
            if (told <= watched.Count)
            {
                continue;
            }

            foreach (var next in database.Events(runId, watched.Count + 1, (int)(told - watched.Count)))
            {
                Violation.Unless(next.Sequence == watched.Count + 1, $"run {runId}: event {next.Sequence} was told after event {watched.Count}");
                watched.Add(next);
                Tell(runId, next);
            }

            Violation.Unless(watched.Count == told, $"run {runId}: followers were promised {told} events and {watched.Count} are stored");
        }
    }

    /// <summary>A worker took an assignment.</summary>
    public void Assigned(string worker, Assignment assignment)
    {
        var key = (assignment.RunId, assignment.Generation, assignment.Rank);
        if (_ranks.TryGetValue(key, out var known))
        {
            Violation.Unless(known.Worker == worker && known.Assignment.WorldSize == assignment.WorldSize,
                $"rank {assignment.Rank} of generation {assignment.Generation} of run {assignment.RunId} is {known.Worker} of {known.Assignment.WorldSize} and {worker} of {assignment.WorldSize}");
        }

        _ranks[key] = (worker, assignment);
        _forgets.Remove((worker, assignment.RunId));
        Violation.Unless(
            assignment.Slots.Select(slots => (slots.First, slots.End)).SequenceEqual(SlotTree.Share(microbatches, assignment.WorldSize).Select(share => (share.First, share.End))),
            $"the slots of generation {assignment.Generation} of run {assignment.RunId} are not shared as the tree is cut");
    }

    /// <summary>A checkpoint was acknowledged to a rank.</summary>
    /// <param name="run">The run as it was when the checkpoint was taken.</param>
    /// <param name="generation">The rank's.</param>
    /// <param name="step">The checkpoint's.</param>
    public void Acknowledged(RunRecord run, long generation, long step)
    {
        _savedFor[run.Id] = Math.Max(_savedFor.GetValueOrDefault(run.Id), step);
        Violation.Unless(run.Generation == generation && run.HasMembers, $"run {run.Id}: a checkpoint of generation {generation} was taken in generation {run.Generation}");
    }

    /// <summary>A rank was let into a room.</summary>
    /// <param name="worker">Who it is.</param>
    /// <param name="assignment">What it works for.</param>
    /// <param name="room">Where it was let in.</param>
    /// <param name="newest">The run's newest generation.</param>
    public void Entered(string worker, Assignment assignment, Room room, long newest) =>
        Violation.Unless(
            assignment.Generation == room.Generation && assignment.Generation == newest,
            $"{worker} of generation {assignment.Generation} of run {assignment.RunId} was let into the room of {room.Generation} in generation {newest}");

    /// <summary>The ranks of a generation have agreed on a state.</summary>
    public void Began(string runId, long generation, long step, string source)
    {
        var saved = _savedFor.GetValueOrDefault(runId);
        Violation.Unless(step >= saved, $"generation {generation} of run {runId} begins with step {step} ({source}), though the checkpoint of step {saved} was acknowledged");
    }

    /// <summary>Something was done. Who begins a generation repeats no more than the step in flight, unless nobody who holds more could take part.</summary>
    public void Placed(SimulatedCoordinator coordinator, Cluster before, Cluster after, DateTimeOffset now)
    {
        Forgets(before);
        Forgets(after);
        foreach (var run in after.Runs.Values.Where(run => run.HasMembers && before.Runs.GetValueOrDefault(run.Id)?.Generation < run.Generation))
        {
            var held = run.Members.Max(member => Held(member.WorkerId));
            var from = Math.Max(held, world.Saved(run.Id));
            foreach (var left in after.IdleWorkers.Where(worker => world.Workers.GetValueOrDefault(worker.Id)?.IsKnownTo(coordinator) == true && Held(worker.Id) > from + 1))
            {
                // A run needs one worker or two here.
                Violation.Unless(
                    run.MinWorkers > 1 && !after.IdleWorkers.Select(worker => worker.Id).Concat(run.Members.Select(member => member.WorkerId))
                        .Any(other => other != left.Id && !after.Separations.Any(separation => now < separation.Until && separation.IsOf(left.Id, other))),
                    $"generation {run.Generation} of run {run.Id} begins with step {from} at best, and {left.Id}, which is there and holds step {Held(left.Id)}, is left out");
            }

            long Held(string id) => world.Workers.GetValueOrDefault(id) is not { } worker || !worker.IsKnownTo(coordinator) ? after.Workers[id].StepOf(run.Id)
                : _forgets.Contains((id, run.Id)) ? 0
                : worker.HeldOf(run.Id);
        }
    }

    /// <summary>A client was answered: the answer is what the one copy was at some moment between the question and now.</summary>
    public void Answered(string who, RunRecord answer, long begun, string explained)
    {
        var history = _history[answer.Id];
        var found = false;
        for (var i = history.Count - 1; i >= 0 && !found; i--)
        {
            found = Equal(history[i].Run, answer);
            if (history[i].At <= begun)
            {
                break;
            }
        }

        Violation.Unless(found, $"{who}: was told {Text(answer)}, which it was at no moment since the question; last it was {Text(history[^1].Run)}");
        Violation.Unless(answer.Phase == RunPhase.Succeeded || explained.Length > 0 && answer.Reason.Length > 0, $"{who}: nobody says why it is {answer.Phase}");
    }

    /// <summary>What is stored of a run's ledger is a chain that anyone can recompute, and its copy in the folder is the same.</summary>
    public void Audit(string runId, string? copy)
    {
        var row = database.Rows[runId];
        var digest = Ledger.Start(row.Facts.SpecDigest);
        var text = $"{Orchestrator.Coordinator.Storage.LedgerFile.Header(row.Facts.SpecDigest)}\n";
        for (var step = 1; step <= row.Ledger.Count; step++)
        {
            var stored = row.Ledger[step - 1];
            var samples = Orchestrator.Core.Data.StepSamples.Of(step, row.Facts.SamplesPerStep, row.Facts.SamplesPerEpoch);
            digest = Ledger.Next(digest, step, samples, stored.WeightsDigest);
            Violation.Unless(stored.Step == step && stored.Digest == digest, $"run {runId}: the ledger does not hold at step {step}");
            text += $"{Ledger.Line(step, samples, stored.WeightsDigest, digest)}\n";
        }

        Violation.Unless(row.Run.Step == row.Ledger.Count, $"run {runId} stands at step {row.Run.Step} and its ledger at {row.Ledger.Count}");
        var steps = row.Events.Where(told => told.Step is not null).Select(told => told.Step.Step).ToList();
        Violation.Unless(steps.SequenceEqual(row.Ledger.Select(line => line.Step)), $"run {runId}: the metrics are of steps {string.Join(' ', steps)}");
        Violation.Unless(copy == text, $"run {runId}: the ledger in its folder is not the stored one");
    }

    /// <summary>Of a run that is over, who is there forgets what it holds: it is told so, though it may not have heard it when the run goes on after all.</summary>
    private void Forgets(Cluster cluster)
    {
        foreach (var run in cluster.Runs.Values.Where(run => run.Phase.IsEnded()))
        {
            _forgets.UnionWith(cluster.Workers.Values.Where(worker => worker.Connected && worker.HeldRunId != run.Id).Select(worker => (worker.Id, run.Id)));
        }
    }

    private void Stood(string runId, RunRecord run)
    {
        var history = _history.TryGetValue(runId, out var known) ? known : _history[runId] = [];
        if (history is [.., var (_, last)])
        {
            Violation.Unless(run.Step >= last.Step, $"run {runId} went back from step {last.Step} to {run.Step}");
            Violation.Unless(run.Generation >= last.Generation, $"run {runId} went back from generation {last.Generation} to {run.Generation}");
            Violation.Unless(run.CheckpointStep >= last.CheckpointStep, $"run {runId} forgot the checkpoint of step {last.CheckpointStep}");
        }

        Violation.Unless(run.Members.Select(member => member.WorkerId).Distinct().Count() == run.Members.Length, $"a worker of run {runId} has two ranks");
        Violation.Unless(!run.Phase.IsEnded() || !run.HasMembers, $"run {runId} is {run.Phase} and has ranks");
        history.Add((++Now, run));
    }

    private void Tell(string runId, RunEvent told)
    {
        if (told.Step is not { } step)
        {
            return;
        }

        Violation.Unless(step.Attempt >= _attempts.GetValueOrDefault(runId), $"step {step.Step} of run {runId} is of attempt {step.Attempt}, and one before it of {_attempts.GetValueOrDefault(runId)}");
        _attempts[runId] = step.Attempt;
        Violation.Unless(_weights.TryAdd((runId, step.Step), step.WeightsDigest), $"step {step.Step} of run {runId} was committed twice");
        Violation.Unless(step.WeightsDigest == World.Weights(step.Step) || step.WeightsDigest == 0, $"step {step.Step} of run {runId} has weights that nobody computed");
        var ranks = _ranks.Where(rank => rank.Key.RunId == runId && rank.Key.Generation == step.Attempt).Select(rank => rank.Value).ToList();
        Violation.Unless(ranks.Count == 0 || ranks.Select(rank => rank.Worker).Distinct().Count() == ranks.Count, $"step {step.Step} of run {runId}: a worker owned two shares of the slots");
    }

    private static bool Equal(RunRecord one, RunRecord other) =>
        ReferenceEquals(one, other)
        || ((one.Phase, one.Reason, one.Generation, one.Step) == (other.Phase, other.Reason, other.Generation, other.Step) && one.CheckpointStep == other.CheckpointStep);

    private static string Text(RunRecord run) => $"{run.Phase} at step {run.Step}, generation {run.Generation} ({run.Reason})";
}
