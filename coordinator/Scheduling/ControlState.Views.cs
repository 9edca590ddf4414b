using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Scheduling;

/// <content>What people and tools are shown, and what they may ask for.</content>
internal sealed partial class ControlState
{
    /// <summary>How long a collective may take before its peer counts as lost. A dead peer is noticed at once; this is for one that hangs.</summary>
    public int CollectiveTimeoutMs { get; init; } = 120_000;

    /// <summary>Lets a paused, failed or cancelled run go on.</summary>
    public Run Resume(string runId)
    {
        var run = Require(runId);
        if (run.Phase == RunPhase.Succeeded)
        {
            throw new RequestRefusedException(RefusalKind.Precondition, $"run {runId} has succeeded: there is nothing to resume");
        }

        if (run.Phase.IsEnded())
        {
            RequireFolder(_runs[runId].Facts);
        }

        Happen(new ResumeAsked(runId));
        return Describe(runId);
    }

    /// <summary>Stops a run after the step in flight, to be resumed.</summary>
    public Run Pause(string runId)
    {
        var run = Require(runId);
        if (run.Phase.IsEnded())
        {
            throw new RequestRefusedException(RefusalKind.Precondition, $"run {runId} cannot be paused: it has {Word(run.Phase)}");
        }

        Happen(new PauseAsked(runId));
        return Describe(runId);
    }

    /// <summary>Stops a run for good.</summary>
    public Run Cancel(string runId)
    {
        var run = Require(runId);
        if (run.Phase is RunPhase.Succeeded or RunPhase.Failed)
        {
            throw new RequestRefusedException(RefusalKind.Precondition, $"run {runId} cannot be cancelled: it has {Word(run.Phase)}");
        }

        Happen(new CancelAsked(runId));
        return Describe(runId);
    }

    /// <summary>Why a run is where it is.</summary>
    public string Explain(string runId) => Core.Runs.Explanation.Of(_cluster, Require(runId), _clock.GetUtcNow());

    /// <summary>A run as people see it.</summary>
    /// <exception cref="RequestRefusedException">There is none of that id.</exception>
    public Run Describe(string runId)
    {
        var run = Require(runId);
        var (facts, progress) = (_runs[runId].Facts, _runs[runId].Progress);
        var view = new Run
        {
            RunId = runId,
            Name = facts.Name,
            State = Wire.State(run.Phase),
            Reason = Core.Runs.Explanation.WaitOf(_cluster, run) ?? run.Reason,
            Generation = run.Generation,
            Step = run.Step,
            TotalSteps = run.TotalSteps,
            OutDir = facts.OutDir,
            SpecDigest = facts.SpecDigest,
            SpecYaml = facts.SpecYaml,
            HasLoss = progress.LastLoss is not null,
            LastLoss = progress.LastLoss ?? 0,
            TokensPerSecond = progress.TokensPerSecond,
            HasValidationLoss = progress.ValidationLoss is not null,
            ValidationLoss = progress.ValidationLoss ?? 0,
            CheckpointStep = run.CheckpointStep,
            CheckpointPath = progress.CheckpointPath,
            Metric = progress.Metric,
            BestStep = progress.BestStep,
            BestValue = progress.BestValue,
            WeightsDigest = run.WeightsDigest,
            Owner = facts.Owner,
            Submitted = Wire.Time(facts.Submitted),
            Started = progress.Started is { } started ? Wire.Time(started) : null,
            Ended = progress.Ended is { } ended ? Wire.Time(ended) : null,
        };
        if (progress.Knowledge is { } knowledge)
        {
            view.Knowledge = Wire.Knowledge(knowledge);
        }

        view.Spent = Wire.Times(Accounts.Of(run, _clock.GetUtcNow()));
        view.Workers.Add(run.Members.Select((member, rank) => Status(member.WorkerId, rank, run)));
        if (!run.HasMembers && run.Phase is RunPhase.Queued or RunPhase.Placing or RunPhase.Recovering)
        {
            view.Workers.Add(_cluster.IdleWorkers.Select(worker => Status(worker.Id, -1, run)));
        }

        return view;
    }

    /// <summary>Runs, the newest first.</summary>
    public IReadOnlyList<Run> List(int limit, bool includeEnded) =>
        [.. _cluster.Runs.Values.Where(run => includeEnded || !run.Phase.IsEnded()).OrderByDescending(run => run.Order).Take(limit).Select(run => Describe(run.Id))];

    /// <summary>A rank measured the validation loss. Said again after a broken connection or a repeated step, it counts once.</summary>
    public void Evaluate(string workerId, Evaluated evaluated)
    {
        Heard(workerId);
        if (_cluster.Runs.TryGetValue(evaluated.RunId, out var run) && run.Generation == evaluated.Generation && run.RankOf(workerId) >= 0
            && evaluated.Evaluation.Step > run.EvaluatedStep)
        {
            var entry = _runs[run.Id];
            entry.Progress = entry.Progress with
            {
                ValidationLoss = evaluated.Evaluation.ValidationLoss,
                Metric = evaluated.Evaluation.Metric,
                BestStep = evaluated.Evaluation.BestStep,
                BestValue = evaluated.Evaluation.BestValue,
            };
            Happen(new StepEvaluated(run.Id, evaluated.Evaluation.Step));
            Tell(run.Id, new RunEvent { Evaluation = evaluated.Evaluation });
        }
    }

    /// <summary>A run was asked its questions. Said again after a broken connection or a repeated step, it counts once.</summary>
    public void Ask(string workerId, Asked asked)
    {
        Heard(workerId);
        if (_cluster.Runs.TryGetValue(asked.RunId, out var run) && run.Generation == asked.Generation && run.RankOf(workerId) >= 0
            && !(_runs[run.Id].Progress.Knowledge?.Step >= asked.Knowledge.Step))
        {
            var entry = _runs[run.Id];
            entry.Progress = entry.Progress with { Knowledge = Wire.Knowledge(asked.Knowledge) };
            Tell(run.Id, new RunEvent { Knowledge = asked.Knowledge });
        }
    }

    /// <summary>Whether a generation may write a checkpoint.</summary>
    /// <exception cref="RequestRefusedException">It is over.</exception>
    public void RequireGeneration(string runId, long generation)
    {
        var run = Require(runId);
        if (run.Generation != generation || !run.HasMembers)
        {
            throw new RequestRefusedException(RefusalKind.Precondition, $"generation {generation} of run {runId} is over; wait for the next assignment");
        }
    }

    /// <summary>A checkpoint stands.</summary>
    public void Save(string runId, long generation, CheckpointEvent saved, IEnumerable<long> removedSteps)
    {
        RequireGeneration(runId, generation);
        var entry = _runs[runId];
        if (entry.LastSaved.Equals(saved))
        {
            // Said again because the answer was lost.
            return;
        }

        entry.LastSaved = saved;
        foreach (var step in removedSteps)
        {
            _writes.Add(new RemoveCheckpoint(runId, step));
        }

        _writes.Add(new AddCheckpoint(runId, saved));
        if (saved.Step >= _cluster.Runs[runId].CheckpointStep)
        {
            entry.Progress = entry.Progress with { CheckpointPath = saved.Path };
        }

        Happen(new CheckpointCommitted(runId, saved.Step));
        Tell(runId, new RunEvent { Checkpoint = saved });
    }

    private RunRecord Require(string runId) =>
        _cluster.Runs.GetValueOrDefault(runId) ?? throw new RequestRefusedException(RefusalKind.Missing, $"there is no run {runId}");

    private void RequireFolder(RunFacts facts)
    {
        var other = _runs.Values.FirstOrDefault(run => run.Facts.Id != facts.Id && run.Facts.OutDir == facts.OutDir && !_cluster.Runs[run.Facts.Id].Phase.IsEnded());
        if (other is not null)
        {
            throw new RequestRefusedException(RefusalKind.Exists,
                $"run {other.Facts.Id} writes to {facts.OutDir} and has not ended; name another folder, or cancel it first");
        }
    }

    private WorkerStatus Status(string workerId, int rank, RunRecord run)
    {
        var worker = _cluster.Workers.GetValueOrDefault(workerId);
        var hello = _workers.GetValueOrDefault(workerId);
        return new WorkerStatus
        {
            WorkerId = workerId,
            Rank = rank,
            State = worker switch
            {
                null => "gone",
                { Connected: false } => "silent",
                { RunId: null } => "idle",
                { Waiting.Length: > 0 } => "waiting",
                { Activity.Length: > 0 } => worker.Activity,
                _ => "assigned",
            },
            Host = hello?.Host ?? "",
            ProcessId = hello?.ProcessId ?? 0,
            Device = hello?.Device ?? "",
            HeartbeatAgeSeconds = worker is null ? 0 : Math.Max(0, (_clock.GetUtcNow() - worker.LastSeen).TotalSeconds),
            Step = rank >= 0 && rank < run.Members.Length ? run.Members[rank].Step : 0,
            SlotSeconds = rank >= 0 ? _runs[run.Id].Paces.SecondsPerSlot(workerId) : 0,
            Slow = rank >= 0 && _runs[run.Id].Paces.IsSlow(workerId),
            Waiting = worker?.Waiting ?? "",
        };
    }

    private static string Word(RunPhase phase) => phase switch
    {
        RunPhase.Succeeded => "succeeded",
        RunPhase.Failed => "failed",
        _ => "been cancelled",
    };
}

/// <summary>Why something asked of the coordinator is refused.</summary>
internal enum RefusalKind
{
    /// <summary>There is no such thing.</summary>
    Missing,

    /// <summary>Something else has the place.</summary>
    Exists,

    /// <summary>Two requests contradict each other.</summary>
    Conflict,

    /// <summary>Not in this state.</summary>
    Precondition,
}

/// <summary>Something asked of the coordinator is refused; the message says why and what to do.</summary>
internal sealed class RequestRefusedException(RefusalKind kind, string message) : Exception(message)
{
    public RefusalKind Kind => kind;
}
