using Orchestrator.Training.Data;

namespace Orchestrator.Training.Model;

/// <summary>Token ids of a batch, padded with 0.</summary>
/// <param name="Rows">B, number of samples.</param>
/// <param name="InputLength">L.</param>
/// <param name="TargetLength">T.</param>
/// <param name="Inputs">[B, L], row by row.</param>
/// <param name="Targets">[B, T], row by row; a 0 does not count in the loss.</param>
/// <param name="InputMask">1 where an input is attended to, 0 where not; null: where it is not 0.</param>
public sealed record TokenBatch(int Rows, int InputLength, int TargetLength, long[] Inputs, long[] Targets, long[]? InputMask = null)
{
    /// <summary>A microbatch as a batch.</summary>
    public static TokenBatch Of(Microbatch microbatch)
    {
        ArgumentNullException.ThrowIfNull(microbatch);
        return new(microbatch.Rows, microbatch.InputLength, microbatch.TargetLength, microbatch.Inputs, microbatch.Targets);
    }

    /// <summary>Number of target tokens that count.</summary>
    public int TargetTokens => Targets.Count(token => token != 0);

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

/// <summary>A loss summed over target tokens.</summary>
/// <param name="NegativeLogLikelihood">Sum of the tokens' negative log-likelihoods, nats.</param>
/// <param name="ZLoss">Sum of the tokens' weighted log² Z.</param>
/// <param name="Tokens">Number of target tokens that counted.</param>
public readonly record struct LossSums(double NegativeLogLikelihood, double ZLoss, long Tokens)
{
    /// <summary>What is minimised.</summary>
    public double Total => NegativeLogLikelihood + ZLoss;

    /// <summary>The sums of two batches together.</summary>
    public static LossSums operator +(LossSums left, LossSums right) => left.Add(right);

    /// <summary>The sums of two batches together.</summary>
    public LossSums Add(LossSums other) =>
        new(NegativeLogLikelihood + other.NegativeLogLikelihood, ZLoss + other.ZLoss, Tokens + other.Tokens);
}
