using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Objectives;

/// <summary>T5's span corruption (Raffel et al. 2019, section 3.1.4; its <c>preprocessors.py</c>).</summary>
/// <remarks>
/// Each masked span becomes one sentinel in the inputs, and each kept span one in the targets; sentinels count down from the last
/// token of the vocabulary. EOS ends both, no sentinel closes the targets. A sample's mask is a function of (seed, epoch, sample).
/// Thread-safe.
/// </remarks>
public sealed class SpanCorruption : IObjective
{
    private readonly int _vocabularySize;
    private readonly double _noiseDensity;
    private readonly double _meanSpanLength;

    /// <summary>The objective for a vocabulary.</summary>
    /// <param name="vocabularySize">Pieces and sentinels; the first sentinel is this less one.</param>
    /// <param name="lengths">How long samples are, as <see cref="SpanLengths.For"/> has it.</param>
    /// <param name="noiseDensity">Share of tokens masked, in (0, 1).</param>
    /// <param name="meanSpanLength">Mean length of a masked span, at least 1.</param>
    public SpanCorruption(int vocabularySize, SampleLengths lengths, double noiseDensity = 0.15, double meanSpanLength = 3.0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(vocabularySize, SpanLengths.SentinelCount);
        SpanLengths.Count(2, noiseDensity, meanSpanLength);
        _vocabularySize = vocabularySize;
        _noiseDensity = noiseDensity;
        _meanSpanLength = meanSpanLength;
        Lengths = lengths;
    }

    /// <inheritdoc/>
    public SampleLengths Lengths { get; }

    /// <inheritdoc/>
    public void Make(ReadOnlySpan<int> raw, in SampleName name, in Row row) =>
        Corrupt(raw, name.Seed, name.Epoch, name.Sample, row.Inputs, row.Targets);

    /// <summary>Corrupts one sample.</summary>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch: each masks a sample anew.</param>
    /// <param name="sample">The sample's number in the corpus.</param>
    /// <param name="inputs">Encoder tokens go here, EOS last.</param>
    /// <param name="targets">Decoder tokens go here, EOS last.</param>
    /// <returns>How many were written to each.</returns>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public (int Inputs, int Targets) Corrupt(
        ReadOnlySpan<int> tokens, long seed, long epoch, long sample, Span<int> inputs, Span<int> targets)
    {
        var random = new SeededRandom(0x5350414E, unchecked((ulong)seed), (ulong)epoch, (ulong)sample);
        var mask = tokens.Length <= 4096 ? stackalloc bool[tokens.Length] : new bool[tokens.Length];
        Mask(mask, ref random);
        var written = (Apply(tokens, mask, noise: true, inputs), Apply(tokens, mask, noise: false, targets));
        if (written.Item1 >= inputs.Length || written.Item2 >= targets.Length)
        {
            throw new ArgumentException("The inputs or targets do not hold the corrupted sample and its EOS.", nameof(inputs));
        }

        inputs[written.Item1] = Tokenizer.Eos;
        targets[written.Item2] = Tokenizer.Eos;
        return (written.Item1 + 1, written.Item2 + 1);
    }

    /// <summary>Draws a mask: true where a token is noise. It starts with a kept span and ends with a masked one.</summary>
    internal void Mask(Span<bool> mask, ref SeededRandom random)
    {
        mask.Clear();
        if (mask.Length < 2)
        {
            return;
        }

        var (noise, spans) = SpanLengths.Count(mask.Length, _noiseDensity, _meanSpanLength);
        Span<int> noiseLengths = spans <= 1024 ? stackalloc int[spans] : new int[spans];
        Span<int> keptLengths = spans <= 1024 ? stackalloc int[spans] : new int[spans];
        Segment(noise, noiseLengths, ref random);
        Segment(mask.Length - noise, keptLengths, ref random);
        var place = 0;
        for (var i = 0; i < spans; i++)
        {
            place += keptLengths[i];
            mask.Slice(place, noiseLengths[i]).Fill(true);
            place += noiseLengths[i];
        }
    }

    /// <summary>Writes the tokens with each run of (noise or kept) tokens replaced by one sentinel; no EOS.</summary>
    /// <param name="tokens">The sample.</param>
    /// <param name="mask">True where a token is noise.</param>
    /// <param name="noise">Which runs are replaced: those of the inputs (true) or of the targets.</param>
    /// <param name="output">Where they go.</param>
    /// <returns>How many tokens were written.</returns>
    internal int Apply(ReadOnlySpan<int> tokens, ReadOnlySpan<bool> mask, bool noise, Span<int> output)
    {
        var count = 0;
        var sentinel = _vocabularySize;
        for (var i = 0; i < tokens.Length; i++)
        {
            if (mask[i] != noise)
            {
                output[count++] = tokens[i];
            }
            else if (i == 0 || mask[i - 1] != noise)
            {
                output[count++] = --sentinel;
            }
        }

        return count;
    }

    /// <summary>Splits <paramref name="items"/> into non-empty segments, every split equally likely.</summary>
    private static void Segment(int items, Span<int> lengths, ref SeededRandom random)
    {
        // Which of the items - 1 gaps are borders: selection sampling (Knuth, algorithm S).
        var borders = lengths.Length - 1;
        var start = 0;
        var segment = 0;
        for (var gap = 0; gap < items - 1 && borders > 0; gap++)
        {
            if (random.Below((ulong)(items - 1 - gap)) < (ulong)borders)
            {
                lengths[segment++] = gap + 1 - start;
                start = gap + 1;
                borders--;
            }
        }

        lengths[segment] = items - start;
    }
}
