using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data;

/// <summary>Makes microbatches of a corpus: a pure function of (stream, objective, seed, samples). Thread-safe.</summary>
public sealed class MicrobatchMaker : IMicrobatchSource
{
    private readonly TokenStream _stream;
    private readonly SpanCorruption _corruption;
    private readonly SampleOrder _order;
    private readonly SpanLengths _lengths;
    private readonly long _seed;
    private readonly int _rows;

    /// <summary>The maker of a run.</summary>
    /// <param name="stream">Where samples come from.</param>
    /// <param name="corruption">The objective.</param>
    /// <param name="inputLength">Encoder tokens of a row.</param>
    /// <param name="rows">Samples of a microbatch.</param>
    /// <param name="seed">The run's seed: of the order and of the masks.</param>
    /// <exception cref="Core.BadInputException">The stream is shorter than one sample.</exception>
    public MicrobatchMaker(TokenStream stream, SpanCorruption corruption, int inputLength, int rows, long seed)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(corruption);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        _stream = stream;
        _corruption = corruption;
        _seed = seed;
        _rows = rows;
        _lengths = corruption.Lengths(inputLength);
        SampleCount = stream.SampleCount(_lengths.Raw);
        if (SampleCount < 1)
        {
            throw new Core.BadInputException(
                $"The corpus holds {stream.TokenCount} tokens and one sample of input_length {inputLength} takes {_lengths.Raw}; use more text or a shorter input_length.");
        }

        _order = new SampleOrder(seed, SampleCount);
    }

    /// <inheritdoc/>
    public long SampleCount { get; }

    /// <inheritdoc/>
    public int TargetLength => _lengths.Targets;

    /// <inheritdoc/>
    public Microbatch Make(long step, IReadOnlyList<SampleRange> samples, int slot)
    {
        // Hot: runs beside training on the same cores; allocates the result and two small buffers.
        var inputs = new long[_rows * _lengths.Inputs];
        var targets = new long[_rows * _lengths.Targets];
        Span<int> raw = new int[_lengths.Raw];
        Span<int> input = new int[_lengths.Inputs];
        Span<int> target = new int[_lengths.Targets];
        for (var row = 0; row < _rows; row++)
        {
            var (epoch, index) = StepSamples.Locate(samples, ((long)slot * _rows) + row);
            var sample = _order.At(epoch, index);
            _stream.Read(sample, raw);
            var (inputCount, targetCount) = _corruption.Corrupt(raw, _seed, epoch, sample, input, target);
            Widen(input[..inputCount], inputs.AsSpan(row * _lengths.Inputs));
            Widen(target[..targetCount], targets.AsSpan(row * _lengths.Targets));
        }

        return new Microbatch(step, slot, new TokenBatch(_rows, _lengths.Inputs, _lengths.Targets, inputs, targets));
    }

    private static void Widen(ReadOnlySpan<int> from, Span<long> to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            to[i] = from[i];
        }
    }
}
