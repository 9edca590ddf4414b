namespace Orchestrator.Training.Data;

/// <summary>Tokens [First, First + Count) of a stream.</summary>
/// <param name="First">The first token's number.</param>
/// <param name="Count">How many.</param>
public readonly record struct TokenRange(long First, long Count)
{
    /// <summary>The number behind the last token.</summary>
    public long End => First + Count;

    /// <summary>What of it lies in [0, <paramref name="length"/>).</summary>
    public TokenRange Within(long length)
    {
        var first = Math.Max(0, First);
        return new TokenRange(first, Math.Max(0, Math.Min(End, length) - first));
    }
}

/// <summary>What a sample holds of a stretch of tokens.</summary>
/// <param name="Sample">The sample's number in its source.</param>
/// <param name="Tokens">How many of the stretch's tokens it holds, at least 1.</param>
public readonly record struct SampleShare(long Sample, int Tokens)
{
    /// <summary>The shares of samples that lie end to end from token 0 on.</summary>
    /// <param name="range">The stretch.</param>
    /// <param name="rawLength">Tokens of a sample.</param>
    /// <param name="samples">How many there are; tokens behind the last belong to none.</param>
    public static IEnumerable<SampleShare> Of(TokenRange range, int rawLength, long samples)
    {
        for (var first = range.First; first < range.End;)
        {
            var sample = first / rawLength;
            if (sample >= samples)
            {
                yield break;
            }

            var next = Math.Min(range.End, (sample + 1) * rawLength);
            yield return new SampleShare(sample, (int)(next - first));
            first = next;
        }
    }
}
