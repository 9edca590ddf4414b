using Orchestrator.Core.Data;
using Orchestrator.Core.Plans;
using Orchestrator.Training.Collectives;
using Orchestrator.Training.Native;
using Orchestrator.Training.Optim;

namespace Orchestrator.Worker;

/// <summary>What came of a step. The same numbers on every rank.</summary>
/// <param name="Loss">Mean loss of a target token, nats.</param>
/// <param name="TargetTokens">Target tokens that count.</param>
/// <param name="Tokens">Input and target tokens.</param>
/// <param name="LearningRate">The rate that the weights were updated with.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="Wish">Whether a rank wants to stop after it.</param>
internal sealed record StepResult(double Loss, long TargetTokens, long Tokens, double LearningRate, double GradientNorm, StopWish Wish);

/// <summary>Does steps: this rank's slots, the sum across ranks, the update. Everything that decides a run's weights happens here.</summary>
internal sealed unsafe class StepRunner(
    TrainingState state, IReadOnlyList<SlotRange> shares, ICommunicator communicator, TimeBook book, FaultInjection? faults) : IDisposable
{
    private readonly TreeSum _tree = new(shares, communicator, state.Parameters.Gradients, state.Parameters.GradientLength);
    private readonly StepScalars _scalars = new(shares, communicator);
    private readonly SlotCheck _check = new(state, shares, communicator);

    /// <summary>Does a step.</summary>
    /// <param name="step">The step after those that the state has.</param>
    /// <param name="samples">What it consumes; the input of this rank's slots was announced.</param>
    /// <param name="wish">Asked when this rank's slots are done: whether it wants to stop after the step.</param>
    /// <param name="ended">Cancelled when the generation is over.</param>
    /// <exception cref="PeerLostException">A peer was lost; the state is that before the step.</exception>
    /// <exception cref="RunFaultException">The run cannot go on; the state is that before the step.</exception>
    /// <exception cref="FaultyMachineException">This rank computed other bits than it should have; the state is that before the step.</exception>
    public StepResult Run(long step, IReadOnlyList<SampleRange> samples, Func<StopWish> wish, CancellationToken ended)
    {
        var spec = state.Spec;
        book.Enter(Purpose.Compute);
        _check.Begin(step, samples);
        _tree.SumShare(slot =>
        {
            ended.ThrowIfCancellationRequested();
            book.Enter(Purpose.InputWait);
            var batch = state.Input.Take(step, slot, ended).Tokens;
            book.Enter(Purpose.Compute);
            var loss = state.ForwardBackward(batch, SlotCheck.Seed(spec, step, slot));
            faults?.Flip(step, slot, state.Parameters);
            var healthy = double.IsFinite(loss.Total) && Kernels.FirstNonFinite(state.Parameters.Gradients, state.Parameters.GradientLength) < 0;
            _scalars.Set(slot, loss.NegativeLogLikelihood, batch.TargetTokens, (long)batch.Rows * (batch.InputLength + batch.TargetLength), healthy);
            _check.Computed(slot);
        });

        book.Enter(Purpose.PeerWait);
        _scalars.Exchange(wish());
        RequireHealthy(step, samples);
        book.Enter(Purpose.Exchange);
        _check.Compare();
        var gradient = _tree.SumAcrossRanks();
        book.Enter(Purpose.Update);

        var scale = 1.0 / T5Loss.Divisor(spec.Loss, _scalars.TargetTokens, (long)spec.Batch.Microbatches * spec.Batch.Microbatch * state.TargetLength);
        var norm = GradientCheck.Norm(state.Parameters, gradient, scale);
        if (!double.IsFinite(norm))
        {
            throw new RunFaultException($"Step {step}: the summed gradient is not finite though every microbatch's is; nothing was updated.");
        }

        var rate = LearningRate.At(spec.Schedule, step);
        state.Optimizer.Step(gradient, (float)(scale * GradientCheck.ClipFactor(norm, spec.Optimizer.ClipNorm)), rate, step);
        state.Settle(step);
        return new StepResult(_scalars.Loss / Math.Max(1, _scalars.TargetTokens), _scalars.TargetTokens, _scalars.Tokens, rate, norm, _scalars.Wish);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tree.Dispose();
        _scalars.Dispose();
    }

    private void RequireHealthy(long step, IReadOnlyList<SampleRange> samples)
    {
        var slot = _scalars.FirstUnhealthy;
        if (slot < 0)
        {
            return;
        }

        var names = StepSamples.OfSlot(samples, slot, state.Spec.Batch.Microbatch)
            .Select(range => $"samples {range.First} to {range.First + range.Count - 1} of epoch {range.Epoch}'s order");
        throw new RunFaultException(
            $"Step {step}: the loss or gradient of microbatch {slot} is not finite ({string.Join(" and ", names)}); nothing was updated. Lower schedule.base or look at those samples.");
    }
}
