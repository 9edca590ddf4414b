namespace Orchestrator.Training.Data;

/// <summary>Token ids of a batch, padded with 0.</summary>
/// <param name="Rows">B, number of samples.</param>
/// <param name="InputLength">L.</param>
/// <param name="TargetLength">T.</param>
/// <param name="Inputs">[B, L], row by row.</param>
/// <param name="Targets">[B, T], row by row; a 0 does not count in the loss.</param>
/// <param name="InputMask">1 where an input is attended to, 0 where not; null: where it is not 0.</param>
/// <param name="TargetMask">1 where a target counts in the loss, 0 where not; null: where it is not 0.</param>
/// <param name="InputSegments">
/// [B, L], where rows are packed: 1, 2 and so on for the tokens of a row's first, second sequence, 0 for padding. A token sees its own segment alone,
/// and positions count from its beginning. Null: a row is one segment. An encoder's and decoder's segments of one number belong together.
/// </param>
/// <param name="TargetSegments">[B, T], the same of the targets; given if <paramref name="InputSegments"/> is and there are inputs and a decoder.</param>
/// <remarks>
/// An encoder and decoder reads inputs and predicts targets. A decoder alone has no inputs (L is 0): the targets are its text, each predicted from those
/// before it. An encoder alone predicts the targets from the inputs place by place, so that T is L.
/// </remarks>
public sealed record TokenBatch(
    int Rows,
    int InputLength,
    int TargetLength,
    long[] Inputs,
    long[] Targets,
    long[]? InputMask = null,
    byte[]? TargetMask = null,
    long[]? InputSegments = null,
    long[]? TargetSegments = null)
{
    /// <summary>Number of target tokens that count.</summary>
    public int TargetTokens => Enumerable.Range(0, Targets.Length).Count(Counts);

    /// <summary>Whether a target counts in the loss.</summary>
    /// <param name="place">Its place in <see cref="Targets"/>.</param>
    public bool Counts(int place) => TargetMask is null ? Targets[place] != 0 : TargetMask[place] != 0;

    /// <summary>The decoder's inputs: the targets, one position later, after a 0 at the beginning of each segment.</summary>
    public long[] ShiftedTargets()
    {
        var shifted = new long[Targets.Length];
        for (var row = 0; row < Rows; row++)
        {
            Targets.AsSpan(row * TargetLength, TargetLength - 1).CopyTo(shifted.AsSpan((row * TargetLength) + 1));
            for (var i = (row * TargetLength) + 1; i < (row + 1) * TargetLength && TargetSegments is not null; i++)
            {
                shifted[i] = TargetSegments[i] == TargetSegments[i - 1] ? shifted[i] : 0;
            }
        }

        return shifted;
    }

    /// <summary>Each token's position in its segment, or in its row where there are none, from 0.</summary>
    public static long[] PositionsOf(int rows, int length, long[]? segments)
    {
        var positions = new long[rows * length];
        for (var i = 0; i < positions.Length; i++)
        {
            positions[i] = i % length == 0 || (segments is not null && segments[i] != segments[i - 1]) ? 0 : positions[i - 1] + 1;
        }

        return positions;
    }

    /// <summary>1 for each input that is attended to and 0 for the others; null if all are.</summary>
    public byte[]? KeyMask()
    {
        var mask = InputMask ?? Inputs;
        return Array.IndexOf(mask, 0L) < 0 ? null : Array.ConvertAll(mask, value => value == 0 ? (byte)0 : (byte)1);
    }
}
