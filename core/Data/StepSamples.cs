namespace Orchestrator.Core.Data;

/// <summary>Positions [First, First + Count) of one epoch's order.</summary>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="First">The first position.</param>
/// <param name="Count">How many.</param>
public readonly record struct SampleRange(long Epoch, long First, long Count);

/// <summary>Which samples a step consumes: positions follow each other without a gap, over the ends of epochs too.</summary>
public static class StepSamples
{
    /// <summary>The samples of a step.</summary>
    /// <param name="step">The step, 1 for the first.</param>
    /// <param name="samplesPerStep">Microbatches x microbatch.</param>
    /// <param name="samplesPerEpoch">Samples in the corpus.</param>
    /// <returns>One range, or several where an epoch ends inside the step; together <paramref name="samplesPerStep"/> samples.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static IReadOnlyList<SampleRange> Of(long step, long samplesPerStep, long samplesPerEpoch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(samplesPerStep, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(samplesPerEpoch, 1);
        var position = checked((step - 1) * samplesPerStep);
        var end = checked(position + samplesPerStep);
        var ranges = new List<SampleRange>(1);
        while (position < end)
        {
            var (epoch, first) = Math.DivRem(position, samplesPerEpoch);
            var count = Math.Min(end - position, samplesPerEpoch - first);
            ranges.Add(new SampleRange(epoch, first, count));
            position += count;
        }

        return ranges;
    }

    /// <summary>How many samples a microbatch of a step has: all but the last are full.</summary>
    /// <param name="ranges">The step's ranges.</param>
    /// <param name="slot">Which microbatch.</param>
    /// <param name="rows">Samples of a full one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The ranges have no samples for that slot.</exception>
    public static int RowsOf(IReadOnlyList<SampleRange> ranges, int slot, int rows)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        var left = ranges.Sum(range => range.Count) - ((long)slot * rows);
        return left > 0 ? (int)Math.Min(rows, left) : throw new ArgumentOutOfRangeException(nameof(slot), slot, "The step's ranges hold fewer samples.");
    }

    /// <summary>The ranges of a microbatch of a step: one, or several where an epoch ends inside it.</summary>
    /// <param name="ranges">The step's ranges.</param>
    /// <param name="slot">Which microbatch.</param>
    /// <param name="rows">Samples of a full one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The ranges have no samples for that slot.</exception>
    public static IReadOnlyList<SampleRange> OfSlot(IReadOnlyList<SampleRange> ranges, int slot, int rows)
    {
        var (skip, left) = ((long)slot * rows, (long)RowsOf(ranges, slot, rows));
        var part = new List<SampleRange>(1);
        foreach (var range in ranges)
        {
            var passed = Math.Min(skip, range.Count);
            var count = Math.Min(left, range.Count - passed);
            if (count > 0)
            {
                part.Add(new SampleRange(range.Epoch, range.First + passed, count));
            }

            (skip, left) = (skip - passed, left - count);
        }

        return part;
    }

    /// <summary>The epoch and position of the <paramref name="offset"/>-th sample of a step's ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The ranges hold fewer samples.</exception>
    public static (long Epoch, long Index) Locate(IReadOnlyList<SampleRange> ranges, long offset)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var left = offset;
        foreach (var range in ranges)
        {
            if (left < range.Count)
            {
                return (range.Epoch, range.First + left);
            }

            left -= range.Count;
        }

        throw new ArgumentOutOfRangeException(nameof(offset), offset, "The step's ranges hold fewer samples.");
    }
}
