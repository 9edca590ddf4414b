using System.Runtime.InteropServices;
using Orchestrator.Core.Data;
using Orchestrator.Core.Plans;
using Orchestrator.Training.Collectives;

namespace Orchestrator.Worker;

/// <summary>The validation loss, measured by all ranks together.</summary>
internal static unsafe class Evaluation
{
    /// <summary>Measures the loss on the first microbatches of the validation order, the last short where the samples end in it. The same bits on any world size.</summary>
    /// <returns>Nats per target token that is no sentinel, and how many of them there were.</returns>
    /// <exception cref="PeerLostException">A peer was lost.</exception>
    public static (double Loss, long Tokens) Measure(TrainingState state, ICommunicator communicator)
    {
        var rows = state.Spec.Batch.Microbatch;
        var samples = Math.Min(state.Validation.SampleCount, (long)state.Spec.Evaluation.Microbatches * rows);
        var slots = (int)((samples + rows - 1) / rows);
        var ranges = StepSamples.Of(step: 1, samples, state.Validation.SampleCount);
        var world = Math.Min(communicator.WorldSize, slots);
        var shares = SlotTree.Share(slots, world);

        using var buffer = new UnmanagedBuffer(slots * sizeof(Sum));
        var sums = new Span<Sum>(buffer.Start, slots);
        if (communicator.Rank < world)
        {
            for (var slot = shares[communicator.Rank].First; slot < shares[communicator.Rank].End; slot++)
            {
                var (loss, tokens) = state.Measure(state.Validation.Make(0, ranges, slot).Tokens);
                sums[slot] = new Sum { Loss = loss, Tokens = tokens };
            }
        }

        var bytes = new long[communicator.WorldSize];
        for (var rank = 0; rank < world; rank++)
        {
            bytes[rank] = shares[rank].Count * sizeof(Sum);
        }

        communicator.AllGather(buffer.Start, bytes);
        double total = 0;
        long count = 0;
        foreach (var sum in sums)
        {
            total += sum.Loss;
            count += sum.Tokens;
        }

        return (total / Math.Max(1, count), count);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Sum
    {
        public double Loss;
        public long Tokens;
    }
}
