using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Scheduling;

/// <content>A run is accepted, and takes up what was done in its folder before.</content>
internal sealed partial class ControlState
{
    /// <summary>Accepts a run, or finds the one that was submitted with the same key.</summary>
    /// <param name="facts">The run; its order and its time are set here: from then on its worker-seconds are booked.</param>
    /// <param name="folder">What its folder tells.</param>
    /// <exception cref="RequestRefusedException">The key belongs to another spec, or the folder to another run.</exception>
    public Run Submit(RunFacts facts, FolderHistory folder)
    {
        if (facts.IdempotencyKey.Length > 0 && _runs.Values.FirstOrDefault(run => run.Facts.IdempotencyKey == facts.IdempotencyKey) is { } same)
        {
            return same.Facts.SpecYaml == facts.SpecYaml
                ? Describe(same.Facts.Id)
                : throw new RequestRefusedException(RefusalKind.Conflict, $"idempotency_key {facts.IdempotencyKey} belongs to run {same.Facts.Id}, which has another spec; use a new key");
        }

        RequireFolder(facts);
        var run = new RunRecord
        {
            Id = facts.Id,
            Order = _runs.Count == 0 ? 1 : _runs.Values.Max(known => known.Facts.Order) + 1,
            MinWorkers = facts.MinWorkers,
            MaxWorkers = facts.MaxWorkers,
            TotalSteps = facts.TotalSteps,
            ReplaceStragglers = facts.ReplaceStragglers,
        };
        var entry = new RunEntry(facts with { Order = run.Order, Submitted = _clock.GetUtcNow() }, _folders(facts.OutDir))
        {
            Progress = new RunProgress { LedgerDigest = Ledger.Start(facts.SpecDigest) },
            LedgerIsDoubtful = true,
        };
        var last = LastIn(facts.OutDir);
        run = last is not null ? GoOnFrom(last, entry, run) : GoOnFrom(folder, entry, run);
        if (run.Step > run.TotalSteps)
        {
            throw new RequestRefusedException(RefusalKind.Precondition,
                $"batch.steps must be at least {run.Step}, the steps already done in {facts.OutDir}, was {run.TotalSteps}; or name another folder");
        }

        _runs.Add(facts.Id, entry);
        _writes.Add(new AddRun(entry.Facts, run, entry.Progress));
        if (last is not null)
        {
            _writes.Add(new Inherit(last.Facts.Id, facts.Id));
        }

        foreach (var row in last is null ? folder.Rows : [])
        {
            _writes.Add(new AddStep(facts.Id, row.Step, Ledger.Samples(row.Samples), row.WeightsDigest, row.Digest));
        }

        Happen(new RunSubmitted(run with { Reason = run.Step > 0 ? $"goes on after step {run.Step} of what {facts.OutDir} holds" : "submitted" }));
        if (last is null && folder.Warning is { } warning)
        {
            Tell(facts.Id, new RunEvent { Warning = new WarningEvent { Text = warning } });
        }

        return Describe(facts.Id);
    }

    // The newest run of this coordinator that did steps in a folder.
    private RunEntry? LastIn(string outDir) => _runs.Values
        .Where(run => run.Facts.OutDir == outDir && _cluster.Runs[run.Facts.Id].Step > 0)
        .MaxBy(run => run.Facts.Order);

    private RunRecord GoOnFrom(RunEntry last, RunEntry entry, RunRecord run)
    {
        if (last.Facts.SpecDigest != entry.Facts.SpecDigest)
        {
            throw new RequestRefusedException(RefusalKind.Precondition, $"{entry.Facts.OutDir} holds run {last.Facts.Id} of another spec; name another folder, or take that spec back");
        }

        var record = _cluster.Runs[last.Facts.Id];
        entry.Progress = last.Progress with { LastSequence = 0, Started = null, Ended = null };
        return run with
        {
            Step = record.Step,
            WeightsDigest = record.WeightsDigest,
            CheckpointStep = record.CheckpointStep,
            EvaluatedStep = record.EvaluatedStep,
            StepSeconds = record.StepSeconds,
        };
    }

    private static RunRecord GoOnFrom(FolderHistory folder, RunEntry entry, RunRecord run)
    {
        if (folder.Problem is not null)
        {
            throw new RequestRefusedException(RefusalKind.Precondition, folder.Problem);
        }

        if (folder.Rows.Count == 0)
        {
            return run;
        }

        var last = folder.Rows[^1];
        entry.Progress = entry.Progress with { LedgerDigest = last.Digest, CheckpointPath = folder.Checkpoint?.Path ?? "" };
        return run with { Step = last.Step, WeightsDigest = last.WeightsDigest ?? 0, CheckpointStep = folder.Checkpoint?.Step ?? 0 };
    }

    private IReadOnlyList<LedgerRow> Rows(RunEntry entry) =>
        [.. _store.Ledger(entry.Facts.Id, 1).Select(row => Row(entry, row))];

    private static LedgerRow Row(RunEntry entry, StoredStep row) => new(row.Step, Samples(entry.Facts, row.Step), row.WeightsDigest, row.Digest);
}
