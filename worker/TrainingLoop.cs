using Orchestrator.Protos.V1;
using Orchestrator.Training.Collectives;
using Orchestrator.Worker.Coordination;
using KnowledgeSpec = Orchestrator.Core.Specs.KnowledgeSpec;
using SampleRange = Orchestrator.Core.Data.SampleRange;
using SlotRange = Orchestrator.Core.Plans.SlotRange;
using WorkerTimes = Orchestrator.Core.Runs.WorkerTimes;

namespace Orchestrator.Worker;

/// <summary>One rank's work in one generation of a run, from meeting its peers to leaving them. Reads top to bottom.</summary>
/// <remarks>
/// The arithmetic of a step is a function of the run's spec alone (see <see cref="TreeSum"/>): which rank computes which slot, and how many ranks there
/// are, does not show in the weights. Nothing is changed before every rank has the whole sum, so a step that fails is simply done again.
/// </remarks>
internal sealed class TrainingLoop(
    GenerationControl control, TrainingState state, ICommunicator communicator, CheckpointSaver checkpoints, KnowledgeAsker asker, RunReports reports,
    TimeBook book, FaultInjection? faults, TimeProvider clock)
{
    private readonly SlotRange[] _shares = [.. control.Assignment.Slots.Select(s => new SlotRange(s.First, s.End))];
    private readonly Queue<PlannedStep> _planned = new();

    // Whether the ranks stop for good or for a while, not only to go on in another constellation.
    private bool _saveAsked;

    private SlotRange Share => _shares[communicator.Rank];

    private bool IsFirst => communicator.Rank == 0;

    private bool IsDone => state.Step >= state.Spec.Batch.Steps || IsExhausted;

    private bool IsExhausted => state.Evaluations.Exhausts(state.Spec.Evaluation.Patience);

    /// <summary>Trains until the run is done, or someone asks to stop.</summary>
    /// <returns>Why the run is done; null: stopped after a whole step.</returns>
    /// <exception cref="PeerLostException">A peer was lost; the state is that after the last whole step.</exception>
    /// <exception cref="RunFaultException">The run cannot go on: its arithmetic left the finite numbers.</exception>
    public string? Run()
    {
        using var runner = new StepRunner(state, _shares, communicator, book, faults);
        var stopAsked = false;
        // The generation before this one may have ended between a step and its evaluation.
        if (Due(state.Spec.Evaluation.Every))
        {
            Evaluate();
        }

        // And between an evaluation and its checkpoint.
        if (IsFirst && state.HoldsUnsavedBest)
        {
            Save();
        }

        Ask();
        while (!IsDone && !stopAsked)
        {
            var planned = NextPlanned();
            if (planned is null)
            {
                _saveAsked = control.SaveAsked;
                break;
            }

            stopAsked = RunStep(planned, runner);
            var best = Due(state.Spec.Evaluation.Every) && Evaluate();
            if (IsFirst && (best || Due(state.Spec.Checkpoint.Every)))
            {
                Save();
            }

            Ask();
        }

        return Finish();
    }

    private void Save()
    {
        book.Enter(Purpose.CheckpointStall);
        checkpoints.Save();
        book.Enter(Purpose.Control);
    }

    private bool RunStep(PlannedStep planned, StepRunner runner)
    {
        var samples = Samples(planned);
        var done = runner.Run(planned.Step, samples, () => control.DrainReason is null ? StopWish.None : control.SaveAsked ? StopWish.Save : StopWish.GoOn, control.Ended);
        book.Enter(Purpose.Control);
        reports.StepDone(StepEvent(planned, done, book.Keep()), Wire.Times(book.Spent));
        _saveAsked = done.Wish == StopWish.Save;
        return done.Wish != StopWish.None;
    }

    // The next step of the plan, its input announced; null if someone asked to stop while there was none.
    private PlannedStep? NextPlanned()
    {
        if (_planned.Count == 0)
        {
            foreach (var planned in control.Plans.TakeFrom(state.Step + 1, interrupted: () => control.DrainReason is not null))
            {
                state.Input.Enqueue(planned.Step, Samples(planned), Share);
                _planned.Enqueue(planned);
            }

            control.Ended.ThrowIfCancellationRequested();
        }

        return _planned.TryDequeue(out var next) ? next : null;
    }

    // Measures, unless this step was measured already. Whether its checkpoint is to be kept as the best.
    private bool Evaluate()
    {
        if (state.Evaluations.Step >= state.Step)
        {
            return false;
        }

        reports.Activity("evaluating");
        book.Enter(Purpose.Evaluation);
        var started = clock.GetTimestamp();
        var spec = state.Spec.Evaluation;
        var (loss, tokens) = Evaluation.Measure(state, communicator);
        var (value, questions) = spec.IsLoss ? (loss, 0) : state.MeasureAnswers(communicator);
        var evaluations = state.Evaluations = state.Evaluations.After(state.Step, value, higherIsBetter: !spec.IsLoss);
        if (IsFirst)
        {
            var evaluation = new EvaluationEvent
            {
                Step = state.Step,
                ValidationLoss = loss,
                TargetTokens = tokens,
                Seconds = clock.GetElapsedTime(started).TotalSeconds,
            };
            if (spec.KeepsBest || !spec.IsLoss)
            {
                (evaluation.Metric, evaluation.Value, evaluation.Examples) = (spec.Metric, value, questions);
                (evaluation.BestStep, evaluation.BestValue) = (evaluations.BestStep, evaluations.BestValue);
            }

            reports.Evaluated(evaluation);
        }

        reports.Activity("training");
        book.Enter(Purpose.Control);
        return spec.KeepsBest && evaluations.IsBest;
    }

    // Asks the run its questions, where it is time to.
    private void Ask()
    {
        if (!IsDone && !KnowledgeSpec.IsDue(state.Spec, state.Step))
        {
            return;
        }

        reports.Activity("evaluating");
        book.Enter(Purpose.Evaluation);
        asker.Ask(control.Ended);
        reports.Activity("training");
        book.Enter(Purpose.Control);
    }

    // The end of this rank's part. The last state is measured where the run is done, and saved unless other ranks take it over at once.
    private string? Finish()
    {
        var done = IsDone;
        if (done)
        {
            Evaluate();
            Ask();
        }

        if (IsFirst && (done || _saveAsked))
        {
            book.Enter(Purpose.CheckpointStall);
            checkpoints.SaveAndWait();
            book.Enter(Purpose.Control);
        }

        var evaluations = state.Evaluations;
        return !done ? null
            : IsExhausted ? $"{state.Spec.Evaluation.Metric} was not better than after step {evaluations.BestStep} in {evaluations.SinceBest} evaluations: the run ends early after step {state.Step}"
            : $"all {state.Step} steps are done";
    }

    private bool Due(long every) => every > 0 && state.Step % every == 0 && state.Step < state.Spec.Batch.Steps;

    private static SampleRange[] Samples(PlannedStep planned) => [.. planned.Samples.Select(r => new SampleRange(r.Epoch, r.First, r.Count))];

    private StepEvent StepEvent(PlannedStep planned, StepResult done, WorkerTimes spent)
    {
        var seconds = spent.Total - spent.CheckpointStall - spent.Evaluation - spent.Recovery;
        var step = new StepEvent
        {
            Step = planned.Step,
            Attempt = control.Assignment.Generation,
            WeightsDigest = state.At!.WeightsDigest,
            StepSeconds = seconds,
            Times = Wire.StepTimes(spent),
        };
        if (IsFirst)
        {
            step.Loss = done.Loss;
            step.TargetTokens = done.TargetTokens;
            step.Tokens = done.Tokens;
            step.TokensPerSecond = done.Tokens / seconds;
            step.LearningRate = done.LearningRate;
            step.GradientNorm = done.GradientNorm;
            step.Samples.AddRange(planned.Samples);
        }

        return step;
    }
}
