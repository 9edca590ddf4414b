using System.Collections.Immutable;

namespace Orchestrator.Core.Runs;

/// <content>Steps: planned ahead, reported by every rank, committed once.</content>
internal sealed partial class ClusterTurn
{
    private void Report(StepReported report)
    {
        if (Current(report.RunId, report.Generation, report.WorkerId) is not var (run, rank) || run.Members[rank].Lost)
        {
            Remember(report);
            return;
        }

        run = run with { Members = run.Members.SetItem(rank, run.Members[rank] with { Step = Math.Max(run.Members[rank].Step, report.Step) }) };
        if (report.Facts is { StepSeconds: > 0 } timed)
        {
            run = run with { StepSeconds = run.StepSeconds > 0 ? (0.9 * run.StepSeconds) + (0.1 * timed.StepSeconds) : timed.StepSeconds };
        }

        Put(run);
        if (report.Step <= run.Step)
        {
            _actions.Add(new VerifyStep(run.Id, report.Step, report.WorkerId, report.WeightsDigest));
            PlanAhead(run.Id, report.Step);
            return;
        }

        if (report.Step > run.TotalSteps)
        {
            Finish(run, RunPhase.Failed, $"worker {report.WorkerId} (rank {rank}) reported step {report.Step} of a run of {run.TotalSteps}");
            return;
        }

        var pending = run.Pending.GetValueOrDefault(report.Step) ?? new PendingStep([.. run.Members.Select(_ => (ulong?)null)], null, null);
        for (var other = 0; other < pending.Digests.Length; other++)
        {
            if (pending.Digests[other] is { } digest && digest != report.WeightsDigest)
            {
                Finish(run, RunPhase.Failed,
                    $"step {report.Step}: the weights differ, rank {other} ({run.Members[other].WorkerId}) has {digest:x16} and rank {rank} ({report.WorkerId}) has {report.WeightsDigest:x16}");
                Place();
                return;
            }
        }

        pending = new PendingStep(pending.Digests.SetItem(rank, report.WeightsDigest), pending.Said ?? report.WeightsDigest, pending.Facts ?? report.Facts);
        run = run with { Pending = run.Pending.SetItem(report.Step, pending) };
        Put(run);
        while (run.Pending.TryGetValue(run.Step + 1, out var next) && next.Digests.All(digest => digest is not null))
        {
            Commit(run, run.Step + 1, next.Digests[0]!.Value, next.Facts);
            run = _cluster.Runs[run.Id];
        }

        PlanAhead(run.Id, run.Step);
    }

    /// <summary>A worker that trained on while the coordinator could not hear it tells of steps of a generation that is over.</summary>
    /// <remarks>They count if the state that it holds is taken up; till then it is good to know what they gave.</remarks>
    private void Remember(StepReported report)
    {
        if (_cluster.Runs.TryGetValue(report.RunId, out var run) && !run.Phase.IsEnded() && report.Step > run.Step && report.Step <= run.Step + options.MaxPlanAheadSteps)
        {
            var pending = run.Pending.GetValueOrDefault(report.Step) ?? new PendingStep([.. run.Members.Select(_ => (ulong?)null)], null, null);
            Put(run with { Pending = run.Pending.SetItem(report.Step, pending with { Said = pending.Said ?? report.WeightsDigest, Facts = pending.Facts ?? report.Facts }) });
        }
    }

    /// <summary>All ranks stand after <paramref name="step"/>: steps up to it are done, whoever is no longer here to say so.</summary>
    private void CommitThrough(string runId, long step, ulong digest)
    {
        var run = _cluster.Runs[runId];
        while (run.Step < step)
        {
            var next = run.Step + 1;
            var pending = run.Pending.GetValueOrDefault(next);
            var known = next == step ? digest : pending?.Said;
            if (known is null)
            {
                _actions.Add(new Warn(runId, $"no rank reported step {next}: its digest and loss are not in the ledger"));
            }

            Commit(run, next, known, pending?.Facts);
            run = _cluster.Runs[runId];
        }
    }

    private void Commit(RunRecord run, long step, ulong? digest, StepFacts? facts)
    {
        Put(run with { Step = step, WeightsDigest = digest ?? 0, Pending = run.Pending.Remove(step), Fruitless = 0 });
        _actions.Add(new CommitStep(run.Id, step, run.Generation, digest, facts));
    }

    /// <summary>Tells the ranks the samples of the steps to come, in lots, well before they run out.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="done">The step that the ranks stand at, as far as it is known.</param>
    private void PlanAhead(string runId, long done)
    {
        var run = _cluster.Runs[runId];
        if (!run.HasMembers)
        {
            return;
        }

        // A state from a checkpoint is older than the ledger: its steps are planned again.
        if (done + 1 < run.PlannedFrom)
        {
            Send(run, done + 1, run.PlannedFrom - 1);
            run = run with { PlannedFrom = done + 1 };
            Put(run);
        }

        var ahead = run.StepSeconds > 0
            ? (long)Math.Clamp(Math.Ceiling(options.PlanAhead.TotalSeconds / run.StepSeconds), options.MinPlanAheadSteps, options.MaxPlanAheadSteps)
            : options.MinPlanAheadSteps;
        // Ranks that begin with a state newer than the ledger stand further than the run.
        var stands = Math.Max(done, run.Step);
        var last = Math.Min(run.TotalSteps, stands + ahead);
        if (last > run.PlannedThrough && (run.PlannedThrough - stands <= ahead * 3 / 4 || last == run.TotalSteps))
        {
            Send(run, run.PlannedThrough + 1, last);
            Put(run with { PlannedThrough = last });
        }
    }

    private void Send(RunRecord run, long first, long last)
    {
        foreach (var member in run.Members.Where(member => member.IsActive))
        {
            _actions.Add(new SendPlan(member.WorkerId, run.Id, run.Generation, first, last));
        }
    }
}
