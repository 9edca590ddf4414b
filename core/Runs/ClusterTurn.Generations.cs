using System.Collections.Immutable;

namespace Orchestrator.Core.Runs;

/// <content>A generation's life: how it begins, breaks and ends.</content>
internal sealed partial class ClusterTurn
{
    private void Begin(RunRecord run, List<WorkerRecord> workers, string reason)
    {
        var generation = run.Generation + 1;
        run = Accounts.Close(run, now) with
        {
            Generation = generation,
            Members = [.. workers.Select(worker => new Member(worker.Id))],
            Drain = DrainIntent.None,
            BrokenSince = null,
            BrokenReason = "",
            PlannedFrom = run.Step + 1,
            PlannedThrough = run.Step,
            StepAtGeneration = run.Step,
            EmptySeats = workers.Count,
            Waits = false,
            Pending = Renumbered(run, workers),
        };
        Put(run);
        _actions.Add(new OpenGeneration(run.Id, generation));
        Enter(run.Id, run.Phase is RunPhase.Recovering ? RunPhase.Recovering : RunPhase.Placing, reason);
        for (var rank = 0; rank < workers.Count; rank++)
        {
            var worker = _cluster.Workers[workers[rank].Id];
            worker = worker.HeldRunId == run.Id ? worker : worker with { HeldRunId = run.Id, HeldStep = 0, HeldGeneration = generation };
            Put(worker with { RunId = run.Id, PreparedRunId = null, AskedRunId = null, Activity = "assigned", Waiting = "" });
            _actions.Add(new AssignRank(workers[rank].Id, run.Id, generation, rank, workers.Count));
            _actions.Add(new WorkerChanged(run.Id, workers[rank].Id, rank, "assigned"));
        }

        PlanAhead(run.Id, run.Step);
    }

    // A survivor may be further than the ledger; what was said of those steps is kept.
    private static ImmutableSortedDictionary<long, PendingStep> Renumbered(RunRecord run, List<WorkerRecord> workers) =>
        run.Pending.ToImmutableSortedDictionary(
            pair => pair.Key,
            pair => pair.Value with { Digests = [.. workers.Select(_ => (ulong?)null)] });

    private bool IsReady(RankReady said) => Current(said.RunId, said.Generation, said.WorkerId) is not var (run, rank) || run.Members[rank].Ready;

    private void Meet(RankReady ready)
    {
        if (Current(ready.RunId, ready.Generation, ready.WorkerId) is not var (run, rank) || !run.Members[rank].IsActive)
        {
            return;
        }

        if (run.Members[rank].Ready)
        {
            // Said again after a restart, which forgot that the ranks do steps again from here: the plan of those may have been lost.
            PlanAhead(run.Id, ready.Step);
            return;
        }

        if (ready.Step > run.TotalSteps)
        {
            Finish(run, RunPhase.Failed, $"worker {ready.WorkerId} holds step {ready.Step} of a run of {run.TotalSteps}");
            return;
        }

        var other = run.Members.FirstOrDefault(member => member.Ready);
        if (other is not null && (other.StartStep, other.StartDigest) != (ready.Step, ready.WeightsDigest))
        {
            Finish(run, RunPhase.Failed,
                $"the ranks do not agree on a state: {other.WorkerId} stands at step {other.StartStep} with weights {other.StartDigest:x16}, {ready.WorkerId} at step {ready.Step} with {ready.WeightsDigest:x16}");
            return;
        }

        run = run with { Members = run.Members.SetItem(rank, run.Members[rank] with { Ready = true, Step = Math.Max(ready.Step, run.Members[rank].Step), StartStep = ready.Step, StartDigest = ready.WeightsDigest }) };
        Put(run);
        if (ready.Step > 0 && ready.Step <= run.Step)
        {
            _actions.Add(new VerifyStep(run.Id, ready.Step, ready.WorkerId, ready.WeightsDigest));
        }

        PlanAhead(run.Id, ready.Step);
        if (run.Members.All(member => member.Ready))
        {
            Reunite(separation => run.RankOf(separation.One) >= 0 && run.RankOf(separation.Other) >= 0);
            CommitThrough(run.Id, ready.Step, ready.WeightsDigest);
            run = _cluster.Runs[run.Id];
            foreach (var member in run.Members)
            {
                Touch(member.WorkerId, worker => worker with { Activity = "training" }, heard: false);
            }

            var repeated = run.Step - ready.Step;
            if (run.Breakage is { } breakage)
            {
                _actions.Add(new Recovered(run.Id, run.Generation, breakage, now - breakage.Found, repeated, ready.Source));
                Put(run with { Breakage = null });
            }

            Enter(run.Id, RunPhase.Running, repeated > 0
                ? $"{Trains(run)} from step {ready.Step} ({ready.Source}); {(repeated == 1 ? "1 step is" : $"{repeated} steps are")} done again"
                : $"{Trains(run)} from step {ready.Step} ({ready.Source})");
        }
    }

    private void Leave(RankLeft left)
    {
        if (Current(left.RunId, left.Generation, left.WorkerId) is not var (run, rank) || !run.Members[rank].IsActive)
        {
            return;
        }

        var member = run.Members[rank] with { Left = left.Outcome, EndedAt = now, LeftText = left.Text, Step = Math.Max(run.Members[rank].Step, left.Step) };
        run = run with { Members = run.Members.SetItem(rank, member) };
        Put(run);
        switch (left.Outcome)
        {
            case LeftOutcome.Failed:
                Finish(run, RunPhase.Failed, left.Text.Length > 0 ? left.Text : $"worker {left.WorkerId} (rank {rank}) said that the run cannot go on");
                return;
            case LeftOutcome.Broken:
                Put(run with { Barred = run.Barred.Add(left.WorkerId) });
                _actions.Add(new WorkerChanged(run.Id, left.WorkerId, rank, $"cannot go on: {left.Text}"));
                Break(run.Id, $"worker {left.WorkerId} (rank {rank}) cannot go on: {left.Text}");
                break;
            case LeftOutcome.PeerLost:
                Break(run.Id, $"worker {left.WorkerId} (rank {rank}) lost a peer: {left.Text}");
                break;
            case LeftOutcome.Finished:
                CommitThrough(run.Id, left.Step, left.WeightsDigest);
                break;
        }

        Settle(run.Id);
    }

    private void Suspect(PeerSuspected suspected)
    {
        if (Current(suspected.RunId, suspected.Generation, suspected.WorkerId) is not var (run, rank) || !run.Members[rank].IsActive)
        {
            return;
        }

        if (suspected.Silence is { } silence && suspected.Peer >= 0 && suspected.Peer < run.Members.Length)
        {
            var other = run.Members[suspected.Peer].WorkerId;
            Separate(suspected.WorkerId, other);
            Break(run.Id,
                $"workers {suspected.WorkerId} (rank {rank}) and {other} (rank {suspected.Peer}) cannot reach each other: nothing passed between them for {silence.TotalSeconds:0.0} s",
                lost: null, now - silence);
            Settle(run.Id);
            return;
        }

        var peer = suspected.Peer >= 0 && suspected.Peer < run.Members.Length ? run.Members[suspected.Peer].WorkerId : null;
        Break(run.Id, $"worker {suspected.WorkerId} (rank {rank}) lost a peer: {suspected.Text}", peer, LastSign(peer));
        Settle(run.Id);
    }

    private DateTimeOffset? LastSign(string? workerId) => workerId is null ? null : _cluster.Workers.GetValueOrDefault(workerId)?.LastSign;

    /// <summary>The generation cannot go on: the ranks that still work for it are told to let go.</summary>
    private void Break(string runId, string reason, string? lost = null, DateTimeOffset? lastSign = null)
    {
        var run = _cluster.Runs[runId];
        if (run.BrokenSince is not null)
        {
            if (lost is not null && run.Breakage is { WorkerId: null } known)
            {
                Put(run with { Breakage = known with { WorkerId = lost, LastSign = lastSign } });
            }

            return;
        }

        // A generation that breaks while another break is being mended is part of the same recovery.
        Put(run with { BrokenSince = now, BrokenReason = reason, Breakage = run.Breakage ?? new Breakage(reason, lost, lastSign, now) });
        _actions.Add(new OpenGeneration(runId, 0));
        foreach (var member in run.Members.Where(member => member.IsActive))
        {
            _actions.Add(new SendRelease(member.WorkerId, runId, run.Generation, reason, Forget: false));
        }
    }

    /// <summary>Ends the generation once every rank has left it or is lost.</summary>
    private void Settle(string runId)
    {
        var run = _cluster.Runs[runId];
        if (!run.HasMembers)
        {
            return;
        }

        if (run.BrokenSince is { } since)
        {
            // In a broken generation a lost connection is taken for a lost worker: nothing waits for it.
            foreach (var member in run.Members.Where(member => member.IsActive && _cluster.Workers.GetValueOrDefault(member.WorkerId)?.Connected != true))
            {
                LoseMember(runId, member.WorkerId, "is not connected", LastSign(member.WorkerId));
            }

            run = _cluster.Runs[runId];
            if (now - since <= options.Settle && run.Members.Any(member => member.IsActive))
            {
                return;
            }
        }
        else if (run.Members.Any(member => member.IsActive))
        {
            return;
        }

        Conclude(run);
    }

    private void Conclude(RunRecord run)
    {
        // A rank that finished names the step: the last of the run, or the one after which nothing better was to be hoped for.
        if (run.Members.FirstOrDefault(member => member.Left == LeftOutcome.Finished && run.Step >= member.Step) is { } finished)
        {
            Finish(run, RunPhase.Succeeded, run.Step >= run.TotalSteps ? $"all {run.TotalSteps} steps are done" : finished.LeftText);
            return;
        }

        var why = run.BrokenReason.Length > 0 ? run.BrokenReason
            : run.Members.Select(member => member.LeftText).FirstOrDefault(text => text.Length > 0) ?? "the ranks stopped after a whole step";
        if (run.Drain is DrainIntent.Pause or DrainIntent.Cancel)
        {
            Finish(run, run.Drain == DrainIntent.Pause ? RunPhase.Paused : RunPhase.Cancelled,
                run.BrokenSince is null ? $"{DrainReason(run.Drain)} after step {run.Step}" : $"{DrainReason(run.Drain)} after step {run.Step}; {why}");
            return;
        }

        // Lost machines, networks and stores are the world's fault; ranks that cannot work together and make no step are the run's.
        var unexplained = run.BrokenSince is not null && run.Members.All(member => !member.Lost) && !IsTorn(run) && run.Step == run.StepAtGeneration
            && !run.Members.Any(member => _cluster.Workers.GetValueOrDefault(member.WorkerId) is { Waiting.Length: > 0 });
        var fruitless = unexplained ? run.Fruitless + 1 : 0;
        if (fruitless >= options.FruitlessGenerations)
        {
            Finish(run, RunPhase.Failed, $"{fruitless} generations in a row ended before a step was done; the last: {why}");
            return;
        }

        Free(run, forget: false, why);
        Put(_cluster.Runs[run.Id] with { Fruitless = fruitless });
        Enter(run.Id, RunPhase.Recovering, why);
    }

    /// <summary>Ends the generation and the run's activity.</summary>
    private void Finish(RunRecord run, RunPhase phase, string reason)
    {
        // A paused run's state may be all there is of its newest steps: it is forgotten once it is saved.
        Free(run, forget: phase.IsEnded() || run.CheckpointStep >= run.Step, reason);
        foreach (var worker in _cluster.Workers.Values.Where(worker => worker.AskedRunId == run.Id))
        {
            _actions.Add(new SendRelease(worker.Id, run.Id, run.Generation, reason, Forget: true));
            Put(worker with { AskedRunId = null, PreparedRunId = null });
        }

        Enter(run.Id, phase, reason);
    }

    private void Free(RunRecord run, bool forget, string reason)
    {
        foreach (var member in run.Members)
        {
            if (!_cluster.Workers.TryGetValue(member.WorkerId, out var worker))
            {
                continue;
            }

            if (member.IsActive || forget)
            {
                _actions.Add(new SendRelease(member.WorkerId, run.Id, run.Generation, reason, forget));
            }

            Put(worker with
            {
                RunId = worker.RunId == run.Id ? null : worker.RunId,
                HeldRunId = forget ? null : worker.HeldRunId,
                Activity = "",
                Waiting = "",
            });
        }

        if (!run.HasMembers)
        {
            return;
        }

        _actions.Add(new OpenGeneration(run.Id, 0));
        var stay = run.Members.Count(member => !member.Lost && _cluster.Workers.GetValueOrDefault(member.WorkerId) is { Leaving: false });
        Put(Accounts.Close(_cluster.Runs[run.Id], now) with
        {
            Members = [],
            Drain = DrainIntent.None,
            BrokenSince = null,
            BrokenReason = "",
            EmptySeats = Math.Max(run.MinWorkers, stay),
            Waits = false,
        });
    }

    private (RunRecord Run, int Rank)? Current(string runId, long generation, string workerId) =>
        _cluster.Runs.TryGetValue(runId, out var run) && run.Generation == generation && run.RankOf(workerId) is >= 0 and var rank ? (run, rank) : null;

    private static string Trains(RunRecord run) => run.Members.Length == 1 ? "1 worker trains" : $"{run.Members.Length} workers train";

    private static string DrainReason(DrainIntent intent) => intent switch
    {
        DrainIntent.Pause => "paused",
        DrainIntent.Cancel => "cancelled",
        DrainIntent.Replace => "a slow worker is replaced",
        _ => "more workers are there",
    };
}
