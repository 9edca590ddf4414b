using System.Collections.Immutable;

namespace Orchestrator.Core.Runs;

/// <summary>Decides what happens to runs and workers: a pure function of the state, what happened, the time and the options.</summary>
/// <remarks>
/// A run goes Queued -> Placing -> Running &lt;-> Recovering -> Succeeded | Failed | Cancelled, with Paused beside Running. Every change of its members
/// opens a new generation; what is said of an older one changes nothing.
/// </remarks>
public static class ClusterMachine
{
    /// <summary>Applies what happened.</summary>
    public static Transition Apply(Cluster cluster, ClusterEvent happened, DateTimeOffset now, ClusterOptions options)
    {
        var turn = new ClusterTurn(cluster, now, options);
        turn.Handle(happened);
        return turn.End();
    }

    /// <summary>The state after a restart of the coordinator: runs that trained are taken to train still, and their workers have a while to come back.</summary>
    /// <param name="runs">As they were stored. A run that trained names its members; one whose members had not met does not.</param>
    /// <param name="now">The time.</param>
    /// <param name="options">The limits.</param>
    public static Cluster Restore(IEnumerable<RunRecord> runs, DateTimeOffset now, ClusterOptions options)
    {
        var cluster = Cluster.Empty with { ReturningUntil = now + options.HolderGrace };
        var restoredRuns = runs.OrderBy(run => run.Order).Select(run => Restore(run, now)).ToList();
        var forgivenUntil = now + options.ReattachGrace + (options.ReattachGracePerWorker * restoredRuns.Sum(run => run.Members.Length));
        foreach (var restored in restoredRuns)
        {
            cluster = cluster with { Runs = cluster.Runs.SetItem(restored.Id, restored) };
            foreach (var member in restored.Members)
            {
                var worker = new WorkerRecord
                {
                    Id = member.WorkerId,
                    Order = cluster.WorkersSeen,
                    LastSeen = now,
                    ForgivenUntil = forgivenUntil,
                    RunId = restored.Id,
                    HeldRunId = restored.Id,
                    HeldStep = restored.Step,
                    HeldGeneration = restored.Generation,
                };
                cluster = cluster.With(worker) with { WorkersSeen = cluster.WorkersSeen + 1 };
            }
        }

        return cluster;
    }

    /// <summary>A run as it is to be stored. Only ranks that met can be taken up again where they are; the time of others is booked, for nobody will be there to do it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="now">The time.</param>
    public static RunRecord Storable(RunRecord run, DateTimeOffset now)
    {
        var stored = run with { StoredAt = now };
        return stored.Phase == RunPhase.Running && stored.BrokenSince is null && stored.Members.All(member => member.IsActive) ? stored
            : (stored.HasMembers ? Accounts.Close(stored, now) : stored) with { Members = [] };
    }

    private static RunRecord Restore(RunRecord run, DateTimeOffset now)
    {
        if (run.Phase == RunPhase.Running && run.HasMembers)
        {
            var away = run.StoredAt is { } stored ? Math.Max(0, (now - stored).TotalSeconds) : 0;
            return run with
            {
                Since = now,
                Reason = "the coordinator was restarted and waits for its workers to come back",
                Members = [.. run.Members.Select(member => member with { Ready = true, Away = member.Away + away })],
                PlannedFrom = run.Step + 1,
                PlannedThrough = run.Step,
            };
        }

        var (phase, reason) = (run.Phase, run.Drain) switch
        {
            ({ } ended, _) when ended.IsEnded() || ended == RunPhase.Paused => (ended, run.Reason),
            (_, DrainIntent.Pause) => (RunPhase.Paused, "paused"),
            (_, DrainIntent.Cancel) => (RunPhase.Cancelled, "cancelled"),
            (RunPhase.Queued or RunPhase.Placing, _) => (RunPhase.Queued, "the coordinator was restarted"),
            _ => (RunPhase.Recovering, "the coordinator was restarted"),
        };
        return Accounts.Restart(run, now) with { Phase = phase, Reason = reason, Since = now, Members = [], Drain = DrainIntent.None };
    }
}

/// <summary>One application of <see cref="ClusterMachine"/>: the state as it changes, and what follows. Lives for one call.</summary>
internal sealed partial class ClusterTurn(Cluster cluster, DateTimeOffset now, ClusterOptions options)
{
    private readonly ImmutableArray<ClusterAction>.Builder _actions = ImmutableArray.CreateBuilder<ClusterAction>();
    private Cluster _cluster = cluster;
    private SortedSet<string>? _changed;

    public Transition End() => new(_cluster, _actions.ToImmutable(), _changed ?? (IReadOnlyCollection<string>)[]);

    public void Handle(ClusterEvent happened)
    {
        switch (happened)
        {
            case RunSubmitted submitted:
                Put(submitted.Run with { Since = now, AccountedFrom = now, EmptySeats = submitted.Run.MinWorkers, Waits = true });
                Enter(submitted.Run.Id, RunPhase.Queued, submitted.Run.Reason.Length > 0 ? submitted.Run.Reason : "submitted");
                Place();
                break;
            case PauseAsked asked:
                Stop(asked.RunId, DrainIntent.Pause, RunPhase.Paused, "paused");
                Place();
                break;
            case CancelAsked asked:
                Stop(asked.RunId, DrainIntent.Cancel, RunPhase.Cancelled, "cancelled");
                Place();
                break;
            case ResumeAsked asked:
                Resume(asked.RunId);
                Place();
                break;
            case WorkerAppeared appeared:
                Appear(appeared);
                Place();
                break;
            case WorkerDisconnected gone:
                Disconnect(gone);
                Place();
                break;
            case WorkersHeard heard:
                _cluster = _cluster.With(heard.Last);
                break;
            case ActivityChanged changed:
                Touch(changed.WorkerId, worker => worker with { Activity = changed.Activity, Waiting = changed.Waiting });
                break;
            case RankReady ready:
                Touch(ready.WorkerId, worker => worker.Holding(ready.RunId, ready.Generation, ready.Step, falls: !IsReady(ready)));
                Spend(ready.RunId, ready.Generation, ready.WorkerId, ready.Spent);
                Meet(ready);
                break;
            case StepReported step:
                Touch(step.WorkerId, worker => worker.Holding(step.RunId, step.Generation, step.Step));
                Spend(step.RunId, step.Generation, step.WorkerId, step.Spent);
                Report(step);
                break;
            case RankLeft left:
                Touch(left.WorkerId, worker => worker.Holding(left.RunId, left.Generation, left.Step, falls: true) with { Leaving = worker.Leaving || left.Leaving });
                Spend(left.RunId, left.Generation, left.WorkerId, left.Spent);
                Leave(left);
                Place();
                break;
            case PeerSuspected suspected:
                Touch(suspected.WorkerId, worker => worker);
                Suspect(suspected);
                Place();
                break;
            case WorkerPrepared prepared:
                Touch(prepared.WorkerId, worker => worker with { PreparedRunId = worker.AskedRunId == prepared.RunId ? prepared.RunId : worker.PreparedRunId });
                break;
            case PaceChanged pace:
                Judge(pace);
                break;
            case CheckpointCommitted saved when _cluster.Runs.TryGetValue(saved.RunId, out var run):
                Put(run with { CheckpointStep = Math.Max(run.CheckpointStep, saved.Step) });
                break;
            case StepEvaluated evaluated when _cluster.Runs.TryGetValue(evaluated.RunId, out var run):
                Put(run with { EvaluatedStep = Math.Max(run.EvaluatedStep, evaluated.Step) });
                break;
            case FaultFound fault when _cluster.Runs.TryGetValue(fault.RunId, out var run) && !run.Phase.IsEnded():
                Finish(run, RunPhase.Failed, fault.Text);
                Place();
                break;
            case Ticked:
                Tick();
                Place();
                break;
        }
    }

    /// <summary>A rank says what its seconds of this generation went to so far.</summary>
    private void Spend(string runId, long generation, string workerId, WorkerTimes? spent)
    {
        if (spent is not null && Current(runId, generation, workerId) is var (run, rank)
            && run.Members[rank].IsActive && spent.Total > run.Members[rank].Spent.Total)
        {
            Put(run with { Members = run.Members.SetItem(rank, run.Members[rank] with { Spent = spent, Away = 0 }) });
        }
    }

    private void Put(RunRecord run)
    {
        (_changed ??= new SortedSet<string>(StringComparer.Ordinal)).Add(run.Id);
        _cluster = _cluster with { Runs = _cluster.Runs.SetItem(run.Id, run) };
    }

    private void Put(WorkerRecord worker) => _cluster = _cluster.With(worker);

    private void Touch(string workerId, Func<WorkerRecord, WorkerRecord> change, bool heard = true)
    {
        if (_cluster.Workers.TryGetValue(workerId, out var worker))
        {
            Put(change(worker) with { LastSeen = heard ? now : worker.LastSeen });
        }
    }

    private void Enter(string runId, RunPhase phase, string reason)
    {
        var run = _cluster.Runs[runId];
        run = run.HasMembers ? run : Accounts.Close(run, now);
        Put(run with { Phase = phase, Reason = reason, Since = now });
        _actions.Add(new PhaseChanged(runId, phase, reason, run.Generation, run.Members.Length));
    }

    private void Because(string runId, string reason)
    {
        var run = _cluster.Runs[runId];
        if (run.Reason != reason)
        {
            Put(run with { Reason = reason });
        }
    }

    private static string Meeting(int count) => count == 1 ? "1 worker goes on" : $"{count} workers meet";

    private static string Workers(int count) => count == 1 ? "1 worker" : $"{count} workers";
}
