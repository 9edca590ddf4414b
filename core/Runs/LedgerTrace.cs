using Orchestrator.Core.Data;

namespace Orchestrator.Core.Runs;

/// <summary>When a sample was consumed.</summary>
/// <param name="Step">The step.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Position">Its position in the epoch's order.</param>
/// <param name="Offset">Its place among the step's samples: microbatch × rows + row.</param>
public readonly record struct ConsumedSample(long Step, long Epoch, long Position, long Offset);

/// <summary>Finds in a ledger when samples were consumed.</summary>
public static class LedgerTrace
{
    /// <summary>The steps that consumed samples, in the ledger's order.</summary>
    /// <param name="lines">The ledger's lines.</param>
    /// <param name="positions">The samples' positions in an epoch's order, ascending; asked for once an epoch.</param>
    public static IEnumerable<ConsumedSample> Find(IEnumerable<LedgerLine> lines, Func<long, long[]> positions)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ArgumentNullException.ThrowIfNull(positions);
        var (epoch, wanted) = (-1L, Array.Empty<long>());
        foreach (var line in lines)
        {
            var offset = 0L;
            foreach (var range in line.Samples)
            {
                if (range.Epoch != epoch)
                {
                    (epoch, wanted) = (range.Epoch, positions(range.Epoch));
                }

                foreach (var position in In(wanted, range))
                {
                    yield return new ConsumedSample(line.Step, epoch, position, offset + position - range.First);
                }

                offset += range.Count;
            }
        }
    }

    private static ArraySegment<long> In(long[] positions, SampleRange range)
    {
        var (first, end) = (AtLeast(positions, range.First), AtLeast(positions, range.First + range.Count));
        return new ArraySegment<long>(positions, first, end - first);
    }

    /// <summary>The place of the first position that is not below <paramref name="value"/>.</summary>
    private static int AtLeast(long[] positions, long value)
    {
        var place = Array.BinarySearch(positions, value);
        return place < 0 ? ~place : place;
    }
}
