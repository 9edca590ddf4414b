namespace Orchestrator.Core.Runs;

/// <content>Who is there: connections, silence, and coming back.</content>
internal sealed partial class ClusterTurn
{
    private void Appear(WorkerAppeared appeared)
    {
        var known = _cluster.Workers.GetValueOrDefault(appeared.WorkerId);
        var worker = known ?? new WorkerRecord { Id = appeared.WorkerId, Order = _cluster.WorkersSeen };
        if (known is null)
        {
            _cluster = _cluster with { WorkersSeen = _cluster.WorkersSeen + 1 };
        }

        // Who is back has to be heard again at once, but for the time that the others who come back with it take up.
        var forgivenUntil = Earlier(worker.ForgivenUntil, now + (options.ReattachGracePerWorker * _cluster.Workers.Count));
        worker = worker with { ForgivenUntil = forgivenUntil, Session = appeared.Session, PreparedRunId = null, AskedRunId = null, Connected = true, LastSeen = now, Activity = known?.Activity ?? "", Waiting = known?.Waiting ?? "" };
        if (appeared.HeldRunId is not null)
        {
            worker = worker with { HeldStep = appeared.HeldStep, HeldGeneration = appeared.HeldGeneration };
        }

        Put(worker);
        if (worker.RunId is not null && _cluster.Runs[worker.RunId] is { } run && run.RankOf(worker.Id) >= 0)
        {
            Reattach(run, worker.Id);
            if (appeared.HeldRunId == run.Id && appeared.HeldGeneration == run.Generation)
            {
                return;
            }
        }

        if (appeared.HeldRunId is { } held)
        {
            // What it holds is of a generation that went on without it, or of a run that nobody knows.
            var live = _cluster.Runs.TryGetValue(held, out var heldRun) && !heldRun.Phase.IsEnded();
            Put(_cluster.Workers[worker.Id] with { HeldRunId = live ? held : null });
            if (worker.RunId != held)
            {
                _actions.Add(new SendRelease(
                    worker.Id, held, appeared.HeldGeneration, live ? "the run went on without this worker" : "the run is over", Forget: !live));
            }
        }
    }

    /// <summary>Says again all that a rank must know: a broken connection may have lost it, and hearing it twice does no harm.</summary>
    private void Reattach(RunRecord run, string workerId)
    {
        var rank = run.RankOf(workerId);
        if (!run.Members[rank].IsActive)
        {
            return;
        }

        _actions.Add(new AssignRank(workerId, run.Id, run.Generation, rank, run.Members.Length));
        if (run.PlannedThrough < run.PlannedFrom)
        {
            PlanAhead(run.Id, run.Step);
        }
        else if (Math.Max(run.PlannedFrom, run.Members[rank].Step + 1) is var first && first <= run.PlannedThrough)
        {
            _actions.Add(new SendPlan(workerId, run.Id, run.Generation, first, run.PlannedThrough));
        }

        if (run.Drain != DrainIntent.None)
        {
            _actions.Add(new SendDrain(workerId, run.Id, run.Generation, DrainReason(run.Drain), GoesOn(run.Drain)));
        }

        if (run.BrokenSince is not null)
        {
            _actions.Add(new SendRelease(workerId, run.Id, run.Generation, run.BrokenReason, Forget: false));
        }

        _actions.Add(new WorkerChanged(run.Id, workerId, rank, "came back"));
        if (run.Phase == RunPhase.Running && run.BrokenSince is null && run.Members.All(member => _cluster.Workers.GetValueOrDefault(member.WorkerId)?.Connected == true))
        {
            Because(run.Id, Trains(run));
        }
    }

    private void Disconnect(WorkerDisconnected gone)
    {
        if (!_cluster.Workers.TryGetValue(gone.WorkerId, out var worker) || worker.Session != gone.Session)
        {
            return;
        }

        Put(worker with { Connected = false });
        if (worker.RunId is not null)
        {
            Settle(worker.RunId);
        }
    }

    private void Tick()
    {
        // A coordinator that was itself held up (a suspended machine, a stopped process) does not blame the workers for it.
        var heldUp = _cluster.LastTick is { } last && now - last > options.Silence / 2;
        _cluster = _cluster with { LastTick = now };
        foreach (var worker in _cluster.Workers.Values)
        {
            if (heldUp)
            {
                Put(worker with { ForgivenUntil = Later(worker.ForgivenUntil, now + options.Silence) });
            }
            else if (now > Later(worker.LastSeen + options.Silence, worker.ForgivenUntil))
            {
                Lose(worker, now - worker.LastSeen);
            }
        }

        foreach (var run in _cluster.Runs.Values)
        {
            Settle(run.Id);
        }

        if (!_cluster.Idle.IsEmpty && Waiting().Count == 0)
        {
            foreach (var run in _cluster.Runs.Values)
            {
                Grow(run);
            }
        }
    }

    private void Lose(WorkerRecord worker, TimeSpan silence)
    {
        _cluster = _cluster.Without(worker);
        Reunite(separation => separation.One == worker.Id || separation.Other == worker.Id);
        _actions.Add(new CutSession(worker.Id));
        if (worker.RunId is not null)
        {
            var how = worker.LastSign is null ? "did not come back after the restart of the coordinator" : $"was silent for {silence.TotalSeconds:0.0} s";
            LoseMember(worker.RunId, worker.Id, how, worker.LastSign);
            Settle(worker.RunId);
        }
    }

    private void LoseMember(string runId, string workerId, string how, DateTimeOffset? lastSign)
    {
        var run = _cluster.Runs[runId];
        var rank = run.RankOf(workerId);
        if (rank < 0 || !run.Members[rank].IsActive)
        {
            return;
        }

        run = run with { Members = run.Members.SetItem(rank, run.Members[rank] with { Lost = true, EndedAt = now }) };
        Put(run);
        _actions.Add(new WorkerChanged(runId, workerId, rank, $"lost: it {how}"));
        Break(run.Id, $"worker {workerId} (rank {rank}) {how}", workerId, lastSign);
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
