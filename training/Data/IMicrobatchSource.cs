using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data;

/// <summary>Makes microbatches: a pure function of what it was made from and of the samples asked for. Thread-safe.</summary>
public interface IMicrobatchSource
{
    /// <summary>Samples in an epoch.</summary>
    long SampleCount { get; }

    /// <summary>Target tokens of a row, padding included.</summary>
    int TargetLength { get; }

    /// <summary>Makes the microbatch of a slot: the slot-th run of rows of the step's samples, the last of which may be short.</summary>
    /// <param name="step">The step, for its name.</param>
    /// <param name="samples">The step's samples, by position in their epoch's order.</param>
    /// <param name="slot">Which microbatch.</param>
    /// <exception cref="ArgumentOutOfRangeException">The ranges hold no sample for the slot.</exception>
    Microbatch Make(long step, IReadOnlyList<SampleRange> samples, int slot);
}
