namespace Orchestrator.Training.Data;

/// <summary>Puts the rows of two batches into one, the shorter ones padded at their ends.</summary>
internal static class StackedRows
{
    /// <summary>The batch of the first's rows, then the second's.</summary>
    /// <remarks>A row without segments is one segment where the other batch has some. What counts in either counts in the result.</remarks>
    public static TokenBatch Of(TokenBatch first, TokenBatch second)
    {
        var (inputs, targets) = (Math.Max(first.InputLength, second.InputLength), Math.Max(first.TargetLength, second.TargetLength));
        var segmented = (first.InputSegments ?? first.TargetSegments ?? second.InputSegments ?? second.TargetSegments) is not null;
        return new TokenBatch(
            first.Rows + second.Rows,
            inputs,
            targets,
            Stack(first.Inputs, second.Inputs, first.InputLength, second.InputLength, inputs),
            Stack(first.Targets, second.Targets, first.TargetLength, second.TargetLength, targets),
            TargetMask: Stack(Counted(first), Counted(second), first.TargetLength, second.TargetLength, targets),
            InputSegments: segmented && inputs > 0
                ? Stack(Segments(first.InputSegments, first.Inputs), Segments(second.InputSegments, second.Inputs), first.InputLength, second.InputLength, inputs)
                : null,
            TargetSegments: segmented
                ? Stack(Segments(first.TargetSegments, first.Targets), Segments(second.TargetSegments, second.Targets), first.TargetLength, second.TargetLength, targets)
                : null);
    }

    private static byte[] Counted(TokenBatch batch) => [.. Enumerable.Range(0, batch.Targets.Length).Select(place => batch.Counts(place) ? (byte)1 : (byte)0)];

    private static long[] Segments(long[]? segments, long[] tokens) => segments ?? Array.ConvertAll(tokens, token => token == 0 ? 0L : 1L);

    private static T[] Stack<T>(T[] first, T[] second, int firstLength, int secondLength, int length)
    {
        var rows = firstLength == 0 ? 0 : first.Length / firstLength;
        var stacked = new T[(rows + (secondLength == 0 ? 0 : second.Length / secondLength)) * length];
        Copy(first, firstLength, 0);
        Copy(second, secondLength, rows);
        return stacked;

        void Copy(T[] values, int width, int start)
        {
            for (var row = 0; row * width < values.Length; row++)
            {
                values.AsSpan(row * width, width).CopyTo(stacked.AsSpan((start + row) * length));
            }
        }
    }
}
