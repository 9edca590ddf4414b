namespace Orchestrator.Core.Data;

/// <summary>Lengths of a span-corrupted sample.</summary>
/// <param name="Raw">Corpus tokens that go in (568 for T5's 512).</param>
/// <param name="Inputs">Encoder tokens, EOS included; at most the asked-for input length.</param>
/// <param name="Targets">Decoder tokens, EOS included (114).</param>
/// <param name="Noise">Masked tokens.</param>
/// <param name="Spans">Masked spans, so sentinels used.</param>
public readonly record struct SpanLengths(int Raw, int Inputs, int Targets, int Noise, int Spans)
{
    /// <summary>Sentinels in a T5 vocabulary.</summary>
    public const int SentinelCount = 100;

    /// <summary>The longest sample whose corrupted form fits an input length (T5, <c>random_spans_helper</c>).</summary>
    /// <param name="inputLength">Encoder length, EOS included.</param>
    /// <param name="noiseDensity">Share of tokens masked, in (0, 1).</param>
    /// <param name="meanSpanLength">Mean length of a masked span, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range, or more than 100 sentinels would be needed.</exception>
    public static SpanLengths For(int inputLength, double noiseDensity = 0.15, double meanSpanLength = 3.0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputLength, 4);
        var raw = Fit(inputLength, noiseDensity, meanSpanLength, out _, out _);
        var (noise, spans) = Count(raw, noiseDensity, meanSpanLength);
        if (spans > SentinelCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(inputLength),
                $"An input length of {inputLength} with noise density {noiseDensity} and mean span length {meanSpanLength} needs {spans} sentinels and there are {SentinelCount}; use a shorter input or longer spans.");
        }

        // The mask counts in float32 and the helper in float64; where they differ, the mask is what is written.
        return new SpanLengths(raw, raw - noise + spans + 1, noise + spans + 1, noise, spans);
    }

    /// <summary>What T5's <c>random_spans_helper</c> answers: raw and target length for an input length, counted in float64.</summary>
    internal static int Fit(int inputLength, double noiseDensity, double meanSpanLength, out int inputs, out int targets)
    {
        Check(noiseDensity, meanSpanLength);
        (int Inputs, int Targets) Lengths(int tokens)
        {
            var noise = (int)Math.Round(tokens * noiseDensity, MidpointRounding.ToEven);
            var spans = (int)Math.Round(noise / meanSpanLength, MidpointRounding.ToEven);
            return (tokens - noise + spans + 1, noise + spans + 1);
        }

        var raw = inputLength - 1;
        while (Lengths(raw + 1).Inputs <= inputLength)
        {
            raw++;
        }

        (inputs, targets) = Lengths(raw);
        if (noiseDensity == 0.5 && targets > inputs)
        {
            raw--;
            targets--;
        }

        return raw;
    }

    /// <summary>How many tokens and spans T5's mask takes out of a sample: float32, half to even, never all and never none.</summary>
    /// <remarks>T5, <c>random_spans_noise_mask</c>. A sample of one token stays as it is.</remarks>
    public static (int Noise, int Spans) Count(int length, double noiseDensity, double meanSpanLength)
    {
        Check(noiseDensity, meanSpanLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        if (length == 1)
        {
            return (0, 0);
        }

        var noise = (int)MathF.Round(length * (float)noiseDensity, MidpointRounding.ToEven);
        noise = Math.Clamp(noise, 1, length - 1);
        var spans = Math.Max(1, (int)MathF.Round(noise / (float)meanSpanLength, MidpointRounding.ToEven));
        // Every noise span has a span of kept tokens before it.
        return (noise, Math.Min(spans, Math.Min(noise, length - noise)));
    }

    private static void Check(double noiseDensity, double meanSpanLength)
    {
        if (!(noiseDensity is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(noiseDensity), noiseDensity, "The noise density must be above 0 and below 1.");
        }

        if (!(meanSpanLength >= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(meanSpanLength), meanSpanLength, "The mean span length must be at least 1.");
        }
    }
}
