using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data;

/// <summary>Makes microbatches: a pure function of (stream, objective, seed, samples). Thread-safe.</summary>
public sealed class MicrobatchMaker
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

    /// <summary>Samples in an epoch.</summary>
    public long SampleCount { get; }

    /// <summary>Lengths of a row.</summary>
    public SpanLengths Lengths => _lengths;

    /// <summary>Makes the microbatch of a slot: the slot-th run of rows of the step's samples.</summary>
    /// <param name="step">The step, for its name.</param>
    /// <param name="samples">The step's samples, by position in their epoch's order.</param>
    /// <param name="slot">Which microbatch.</param>
    /// <exception cref="ArgumentOutOfRangeException">The ranges hold fewer samples.</exception>
    public Microbatch Make(long step, IReadOnlyList<SampleRange> samples, int slot)
    {
        // Hot: runs beside training on the same cores; allocates the result and two small buffers.
        var inputs = new long[_rows * _lengths.Inputs];
        var targets = new long[_rows * _lengths.Targets];
        Span<int> raw = new int[_lengths.Raw];
        Span<int> input = new int[_lengths.Inputs];
        Span<int> target = new int[_lengths.Targets];
        var targetTokens = 0;
        for (var row = 0; row < _rows; row++)
        {
            var (epoch, index) = StepSamples.Locate(samples, ((long)slot * _rows) + row);
            var sample = _order.At(epoch, index);
            _stream.Read(sample, raw);
            var (inputCount, targetCount) = _corruption.Corrupt(raw, _seed, epoch, sample, input, target);
            Widen(input[..inputCount], inputs.AsSpan(row * _lengths.Inputs));
            Widen(target[..targetCount], targets.AsSpan(row * _lengths.Targets));
            targetTokens += targetCount;
        }

        return new Microbatch(step, slot, _rows, _lengths.Inputs, _lengths.Targets, inputs, targets, targetTokens);
    }

    private static void Widen(ReadOnlySpan<int> from, Span<long> to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            to[i] = from[i];
        }
    }
}
