namespace Orchestrator.Core.Runs;

/// <content>Who works for whom: gangs, in the order in which runs came.</content>
internal sealed partial class ClusterTurn
{
    /// <summary>Gives idle workers to the runs that wait, broken ones first, each all that it needs or nothing.</summary>
    private void Place()
    {
        var waiting = Waiting();
        if (waiting.Count == 0)
        {
            return;
        }

        var idle = _cluster.IdleWorkers.ToList();
        RunRecord? blocking = null;
        foreach (var run in waiting)
        {
            if (blocking is not null)
            {
                Because(run.Id, $"waits behind run {blocking.Id}, which came first and needs {Workers(blocking.MinWorkers)}");
                continue;
            }

            var usable = Wanted(run, idle);
            var leftOut = LeaveOut(run, usable);
            usable = usable.Take(run.MaxWorkers).ToList();
            var sidelined = Sidelined(run, usable);
            if (usable.Count(worker => !sidelined(worker)) >= run.MinWorkers)
            {
                usable.RemoveAll(sidelined);
            }

            // Who has the run's model at hand goes on at once; the others make themselves ready meanwhile and come in when the run grows.
            var ready = usable.Where(worker => IsReadyFor(run, worker)).ToList();
            if (run.Phase == RunPhase.Recovering && ready.Count >= run.MinWorkers)
            {
                usable = ready;
            }

            if (usable.Count < run.MinWorkers)
            {
                Wait(run, usable.Count, leftOut);
                blocking = run;
            }
            else if (run.Phase == RunPhase.Recovering && now < _cluster.ReturningUntil && Newest(run, usable) < run.Step - 1)
            {
                // The first to come back may be one that was idle, and the last rank to stand at the newest step the next.
                Because(run.Id, $"the coordinator was restarted and waits a moment for a worker that holds step {run.Step}");
                idle.RemoveAll(usable.Contains);
            }
            else if (run.Phase == RunPhase.Recovering)
            {
                Begin(run, usable, $"generation {run.Generation + 1}: {Meeting(usable.Count)}; {run.Reason}");
                Tell(run, leftOut);
                idle.RemoveAll(usable.Contains);
            }
            else if (usable.Count >= run.MaxWorkers || (run.Phase == RunPhase.Placing && now - run.Since >= options.PlacementGrace))
            {
                Begin(run, usable, Meeting(usable.Count));
                idle.RemoveAll(usable.Contains);
            }
            else
            {
                if (run.Phase == RunPhase.Queued)
                {
                    Enter(run.Id, RunPhase.Placing, $"has {Workers(usable.Count)} and waits a moment for up to {run.MaxWorkers}");
                }

                idle.RemoveAll(usable.Contains);
            }
        }
    }

    /// <summary>Who may work for a run, in the order in which they are wanted: who holds its newest state comes first, since all that others hold is behind.</summary>
    private List<WorkerRecord> Wanted(RunRecord run, List<WorkerRecord> idle)
    {
        var usable = idle.FindAll(worker => !run.Barred.Contains(worker.Id));
        var sidelined = Sidelined(run, usable);
        return [.. usable
            .OrderBy(worker => sidelined(worker) ? 1 : 0)
            .ThenByDescending(worker => worker.StepOf(run.Id))
            .ThenBy(worker => worker.HeldRunId is null || worker.HeldRunId == run.Id ? 0 : 1)
            .ThenBy(worker => worker.Order)];
    }

    // Those who were replaced for being slow, unless what they hold would be lost with them.
    private Predicate<WorkerRecord> Sidelined(RunRecord run, List<WorkerRecord> workers)
    {
        if (run.Benched.IsEmpty)
        {
            return _ => false;
        }

        var newest = Newest(run, workers.Where(worker => !IsBenched(run, worker)));
        return worker => IsBenched(run, worker) && worker.StepOf(run.Id) <= newest + 1;
    }

    // The step that these would go on from.
    private static long Newest(RunRecord run, IEnumerable<WorkerRecord> workers) =>
        workers.Aggregate(run.CheckpointStep, (newest, worker) => Math.Max(newest, worker.StepOf(run.Id)));

    private List<RunRecord> Waiting() => [.. _cluster.Runs.Values
        .Where(run => !run.HasMembers && run.Phase is (RunPhase.Queued or RunPhase.Placing or RunPhase.Recovering))
        .OrderBy(run => run.Phase == RunPhase.Recovering ? 0 : 1)
        .ThenBy(run => run.Order)];

    private void Wait(RunRecord run, int usable, List<(WorkerRecord Worker, string Unreached)> leftOut)
    {
        var apart = string.Concat(leftOut.Select(left => $"workers {left.Unreached} and {left.Worker.Id} cannot reach each other; "));
        var reason = $"{apart}needs {Workers(run.MinWorkers)}, {(usable == 0 ? "none is" : usable == 1 ? "1 is" : $"{usable} are")} free";
        if (run.Phase == RunPhase.Placing)
        {
            Enter(run.Id, RunPhase.Queued, reason);
        }
        else
        {
            if (run is { Phase: RunPhase.Recovering, Waits: false })
            {
                Put(Accounts.Close(run, now) with { Waits = true, EmptySeats = run.MinWorkers });
            }

            Because(run.Id, run.Phase == RunPhase.Recovering && run.Generation > 0 ? $"{reason}; {After(run)}" : reason);
        }
    }

    // The first cause stays in the reason while the run waits.
    private static string After(RunRecord run) => run.Reason.Contains(" free; ", StringComparison.Ordinal)
        ? run.Reason[(run.Reason.IndexOf(" free; ", StringComparison.Ordinal) + " free; ".Length)..]
        : run.Reason;

    /// <summary>Stops a run that trains with fewer workers than it may have, when others are idle and nobody waits for them.</summary>
    private void Grow(RunRecord run)
    {
        if (run.Phase != RunPhase.Running || run.Drain != DrainIntent.None || run.BrokenSince is not null
            || run.Members.Length >= run.MaxWorkers || run.TotalSteps - run.Step < 2)
        {
            return;
        }

        var idle = 0;
        foreach (var worker in _cluster.IdleWorkers.Where(worker => !run.Barred.Contains(worker.Id) && !IsBenched(run, worker) && !IsApartFromMembers(run, worker)))
        {
            var late = worker.AskedRunId is not null && now - worker.AskedAt > options.PreparePatience;
            if (IsReadyFor(run, worker) || (late && worker.AskedRunId == run.Id))
            {
                idle++;
            }
            else if (worker.AskedRunId is null || late)
            {
                // Whatever it holds of another run makes room.
                Put(worker with { AskedRunId = run.Id, AskedAt = now, PreparedRunId = null, HeldRunId = null });
                _actions.Add(new SendPrepare(worker.Id, run.Id));
            }
        }

        if (idle > 0 && now - run.Since >= options.GrowAfter)
        {
            Drain(run, DrainIntent.Grow);
            Because(run.Id, $"stops after a whole step to grow from {run.Members.Length} to {Workers(Math.Min(run.MaxWorkers, run.Members.Length + idle))}");
        }
    }

    private static bool IsReadyFor(RunRecord run, WorkerRecord worker) => worker.HeldRunId == run.Id || worker.PreparedRunId == run.Id;

    private bool IsBenched(RunRecord run, WorkerRecord worker) => run.Benched.TryGetValue(worker.Id, out var until) && now < until;

    /// <summary>A worker's pace changed: it is named and, where the run says so and the others suffice, replaced.</summary>
    private void Judge(PaceChanged pace)
    {
        if (!_cluster.Runs.TryGetValue(pace.RunId, out var run) || run.RankOf(pace.WorkerId) is not (>= 0 and var rank))
        {
            return;
        }

        _actions.Add(new WorkerChanged(run.Id, pace.WorkerId, rank, pace.Text));
        var others = run.Members.Length - 1 + _cluster.IdleWorkers.Count(worker => !run.Barred.Contains(worker.Id) && !IsBenched(run, worker) && !IsApartFromMembers(run, worker));
        if (pace.Slow && run is { ReplaceStragglers: true, Phase: RunPhase.Running, Drain: DrainIntent.None, BrokenSince: null } && others >= run.MinWorkers)
        {
            Put(run with { Benched = run.Benched.SetItem(pace.WorkerId, now + options.Bench) });
            Drain(_cluster.Runs[run.Id], DrainIntent.Replace);
            Because(run.Id, $"stops after a whole step to go on without worker {pace.WorkerId}, which is {pace.Text}");
        }
    }

    /// <summary>Stops a run at someone's word: at once if nobody is there to hear it, else after the step in flight. Asked to cancel twice, it waits for nobody.</summary>
    private void Stop(string runId, DrainIntent intent, RunPhase phase, string word)
    {
        if (!_cluster.Runs.TryGetValue(runId, out var run) || run.Phase.IsEnded() || run.Phase == phase)
        {
            return;
        }

        // After a restart of everything the ranks of before may never come back to hear it; if they do, they are released.
        var heard = run.Members.Any(member => _cluster.Workers.GetValueOrDefault(member.WorkerId)?.Connected == true);
        if (!heard || (run.Drain == DrainIntent.Cancel && intent == DrainIntent.Cancel))
        {
            Finish(run, phase, run.Step > 0 ? $"{word} after step {run.Step}" : word);
        }
        else if (run.Drain != intent)
        {
            Drain(run, intent);
            Because(runId, $"is being {word}: the ranks stop after the step in flight and save");
        }
    }

    private void Drain(RunRecord run, DrainIntent intent)
    {
        Put(run with { Drain = intent });
        foreach (var member in run.Members.Where(member => member.IsActive))
        {
            _actions.Add(new SendDrain(member.WorkerId, run.Id, run.Generation, DrainReason(intent), GoesOn(intent)));
        }
    }

    private static bool GoesOn(DrainIntent intent) => intent is DrainIntent.Grow or DrainIntent.Replace;

    private void Resume(string runId)
    {
        if (_cluster.Runs.TryGetValue(runId, out var run) && run.Phase is (RunPhase.Paused or RunPhase.Failed or RunPhase.Cancelled))
        {
            Put(Accounts.Close(run, now) with { Fruitless = 0, Barred = [], Benched = run.Benched.Clear(), EmptySeats = run.MinWorkers, Waits = true, Breakage = null });
            Enter(runId, RunPhase.Queued, "resumed");
        }
    }
}
