namespace Orchestrator.Training.Data;

/// <summary>Token ids of a batch, padded with 0.</summary>
/// <param name="Rows">B, number of samples.</param>
/// <param name="InputLength">L.</param>
/// <param name="TargetLength">T.</param>
/// <param name="Inputs">[B, L], row by row.</param>
/// <param name="Targets">[B, T], row by row; a 0 does not count in the loss.</param>
/// <param name="InputMask">1 where an input is attended to, 0 where not; null: where it is not 0.</param>
/// <param name="TargetMask">1 where a target counts in the loss, 0 where not; null: where it is not 0.</param>
public sealed record TokenBatch(
    int Rows, int InputLength, int TargetLength, long[] Inputs, long[] Targets, long[]? InputMask = null, byte[]? TargetMask = null)
{
    /// <summary>Number of target tokens that count.</summary>
    public int TargetTokens => Enumerable.Range(0, Targets.Length).Count(Counts);

    /// <summary>Whether a target counts in the loss.</summary>
    /// <param name="place">Its place in <see cref="Targets"/>.</param>
    public bool Counts(int place) => TargetMask is null ? Targets[place] != 0 : TargetMask[place] != 0;

    /// <summary>The decoder's inputs: the targets, one position later, after a 0.</summary>
    public long[] ShiftedTargets()
    {
        var shifted = new long[Targets.Length];
        for (var row = 0; row < Rows; row++)
        {
            Targets.AsSpan(row * TargetLength, TargetLength - 1).CopyTo(shifted.AsSpan((row * TargetLength) + 1));
        }

        return shifted;
    }

    /// <summary>1 for each input that is attended to and 0 for the others; null if all are.</summary>
    public byte[]? KeyMask()
    {
        var mask = InputMask ?? Inputs;
        return Array.IndexOf(mask, 0L) < 0 ? null : Array.ConvertAll(mask, value => value == 0 ? (byte)0 : (byte)1);
    }
}
