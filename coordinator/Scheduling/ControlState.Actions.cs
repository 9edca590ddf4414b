using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Data;
using Orchestrator.Core.Plans;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;
using SampleRange = Orchestrator.Core.Data.SampleRange;

namespace Orchestrator.Coordinator.Scheduling;

/// <content>What follows from a decision: messages, events, ledger lines.</content>
internal sealed partial class ControlState
{
    private const int KeptDigests = 4096;

    private FaultFound? Do(ClusterAction action)
    {
        switch (action)
        {
            case PhaseChanged changed:
                Note(changed);
                break;
            case AssignRank assign:
                Send(assign.WorkerId, new CoordinatorMessage { Assignment = Assignment(assign) });
                break;
            case SendPrepare prepare:
                var facts = _runs[prepare.RunId].Facts;
                Send(prepare.WorkerId, new CoordinatorMessage { Prepare = new Prepare { RunId = facts.Id, SpecYaml = facts.SpecYaml, OutDir = facts.OutDir } });
                break;
            case SendPlan plan:
                Send(plan.WorkerId, new CoordinatorMessage { Plan = Plan(plan) });
                break;
            case SendDrain drain:
                Send(drain.WorkerId, new CoordinatorMessage { Drain = new Drain { RunId = drain.RunId, Generation = drain.Generation, Reason = drain.Reason, GoesOn = drain.GoesOn } });
                break;
            case SendRelease release:
                Send(release.WorkerId, new CoordinatorMessage
                {
                    Release = new Release { RunId = release.RunId, Generation = release.Generation, Reason = release.Reason, Forget = release.Forget },
                });
                break;
            case OpenGeneration open:
                _rooms.Open(open.RunId, open.Generation);
                break;
            case CommitStep commit:
                Commit(commit);
                break;
            case VerifyStep verify:
                return Verify(verify);
            case WorkerChanged changed:
                Tell(changed.RunId, new RunEvent { Worker = new WorkerEvent { Worker = Status(changed.WorkerId, changed.Rank, _cluster.Runs[changed.RunId]), What = changed.What } });
                break;
            case CutSession cut:
                if (_sessions.Remove(cut.WorkerId, out var session))
                {
                    session.Outbound.TryComplete();
                }

                break;
            case Recovered recovered:
                Tell(recovered);
                break;
            case Warn warn:
                Tell(warn.RunId, new RunEvent { Warning = new WarningEvent { Text = warn.Text } });
                break;
        }

        return null;
    }

    private void Note(PhaseChanged changed)
    {
        var entry = _runs[changed.RunId];
        var now = _clock.GetUtcNow();
        entry.Progress = entry.Progress with
        {
            Started = changed.Phase == RunPhase.Running ? entry.Progress.Started ?? now : entry.Progress.Started,
            Ended = changed.Phase.IsEnded() ? now : null,
        };
        Tell(changed.RunId, new RunEvent
        {
            State = new StateEvent { State = Wire.State(changed.Phase), Reason = changed.Reason, Generation = changed.Generation, WorldSize = changed.WorldSize },
        });
    }

    private Assignment Assignment(AssignRank assign)
    {
        var entry = _runs[assign.RunId];
        var assignment = new Assignment
        {
            RunId = assign.RunId,
            Generation = assign.Generation,
            Rank = assign.Rank,
            WorldSize = assign.WorldSize,
            SpecYaml = entry.Facts.SpecYaml,
            OutDir = entry.Facts.OutDir,
            CheckpointPath = entry.Progress.CheckpointPath,
            CommittedStep = _cluster.Runs[assign.RunId].Step,
            CollectiveTimeoutMs = CollectiveTimeoutMs,
        };
        assignment.Slots.Add(SlotTree.Share(entry.Facts.Microbatches, assign.WorldSize).Select(share => new Protos.V1.SlotRange { First = share.First, End = share.End }));
        return assignment;
    }

    private Plan Plan(SendPlan send)
    {
        var plan = new Plan { RunId = send.RunId, Generation = send.Generation };
        for (var step = send.First; step <= send.Last; step++)
        {
            var planned = new PlannedStep { Step = step };
            planned.Samples.Add(Samples(_runs[send.RunId].Facts, step).Select(Wire.Range));
            plan.Steps.Add(planned);
        }

        return plan;
    }

    private void Commit(CommitStep commit)
    {
        var entry = _runs[commit.RunId];
        var samples = Samples(entry.Facts, commit.Step);
        var digest = Ledger.Next(entry.Progress.LedgerDigest, commit.Step, samples, commit.WeightsDigest);
        _writes.Add(new AddStep(commit.RunId, commit.Step, Ledger.Samples(samples), commit.WeightsDigest, digest));
        entry.Ledger.Add(commit.Step, samples, commit.WeightsDigest, digest);
        entry.RecentDigests[commit.Step] = commit.WeightsDigest;
        entry.RecentDigests.Remove(commit.Step - KeptDigests);

        var facts = commit.Facts;
        var speed = facts is { StepSeconds: > 0 } ? facts.Tokens / facts.StepSeconds : 0;
        entry.Progress = entry.Progress with
        {
            LedgerDigest = digest,
            LastLoss = facts?.Loss ?? entry.Progress.LastLoss,
            TokensPerSecond = facts is null ? entry.Progress.TokensPerSecond : speed,
        };
        Tell(commit.RunId, new RunEvent { Step = Wire.Step(commit, samples, speed) });
    }

    private FaultFound? Verify(VerifyStep verify)
    {
        var entry = _runs[verify.RunId];
        if (!entry.RecentDigests.TryGetValue(verify.Step, out var known))
        {
            known = _store.WeightsDigest(verify.RunId, verify.Step);
        }

        return known is { } digest && digest != verify.WeightsDigest
            ? new FaultFound(verify.RunId,
                $"step {verify.Step} was done again and the weights differ: the ledger has {digest:x16}, worker {verify.WorkerId} has {verify.WeightsDigest:x16}")
            : null;
    }

    private void Send(string workerId, CoordinatorMessage message) => _outgoing.Add((workerId, message));

    private static IReadOnlyList<SampleRange> Samples(RunFacts facts, long step) => StepSamples.Of(step, facts.SamplesPerStep, facts.SamplesPerEpoch);

    // A crash may have come between the store and the folder. Of an ended run only the newest of a folder counts, and its folder may be gone for good.
    private void MendLedgers(IEnumerable<RunRecord> runs)
    {
        foreach (var last in runs.GroupBy(run => _runs[run.Id].Facts.OutDir).Select(folder => folder.MaxBy(run => run.Order)!))
        {
            var entry = _runs[last.Id];
            entry.LedgerIsDoubtful = !last.Phase.IsEnded()
                || (_store.Ledger(last.Id, last.Step) is [.., var row] && entry.Ledger.LacksEnd(Row(entry, row)));
            if (entry.LedgerIsDoubtful)
            {
                FlushLedger(entry);
            }
        }
    }

    private void FlushLedger(RunEntry entry)
    {
        try
        {
            if (entry.LedgerIsDoubtful)
            {
                entry.Ledger.Repair(entry.Facts.SpecDigest, Rows(entry));
            }

            entry.Ledger.Flush();
            (entry.LedgerFails, entry.LedgerIsDoubtful) = (false, false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LedgerFailed(entry, e);
        }
    }

    // The stored ledger is the truth and the file its copy: training goes on.
    private void LedgerFailed(RunEntry entry, Exception e)
    {
        entry.LedgerIsDoubtful = true;
        if (!entry.LedgerFails)
        {
            entry.LedgerFails = true;
            Log(entry.Facts.Id, new LogLine
            {
                Time = Wire.Time(_clock.GetUtcNow()),
                WorkerId = "coordinator",
                Level = "warning",
                Text = $"{Ledger.FileName} cannot be written: {e.Message}",
            });
        }
    }
}
