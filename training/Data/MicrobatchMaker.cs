using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data;

/// <summary>Makes microbatches of rows in a run's order: a pure function of (rows, seed, samples). Thread-safe.</summary>
public sealed class MicrobatchMaker : IMicrobatchSource
{
    private readonly IRowSource _source;
    private readonly SampleOrder _order;
    private readonly int _rows;

    /// <summary>The maker of a run.</summary>
    /// <param name="source">Makes the rows.</param>
    /// <param name="rows">Samples of a full microbatch.</param>
    /// <param name="seed">The run's seed: of the order.</param>
    public MicrobatchMaker(IRowSource source, int rows, long seed)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        _source = source;
        _rows = rows;
        _order = new SampleOrder(seed, source.Count);
    }

    /// <inheritdoc/>
    public long SampleCount => _source.Count;

    /// <inheritdoc/>
    public int TargetLength => _source.Lengths.Targets;

    /// <summary>Where in an epoch's order samples are consumed that hold some of a stretch of the corpus's tokens.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="range">The stretch.</param>
    /// <returns>Each sample with its position.</returns>
    public IEnumerable<(long Position, SampleShare Share)> PositionsWith(long epoch, TokenRange range) =>
        _source.SamplesWith(epoch, range).Select(share => (_order.PositionOf(epoch, share.Sample), share));

    /// <inheritdoc/>
    public Microbatch Make(long step, IReadOnlyList<SampleRange> samples, int slot) =>
        new(step, slot, Rows([.. Enumerable.Range(0, StepSamples.RowsOf(samples, slot, _rows)).Select(row => StepSamples.Locate(samples, ((long)slot * _rows) + row))]));

    /// <summary>Makes the rows of samples.</summary>
    /// <param name="samples">Each one's epoch, and its position in the epoch's order.</param>
    public TokenBatch Rows(IReadOnlyList<(long Epoch, long Index)> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        // Hot: runs beside training on the same cores; allocates the result and a few small buffers.
        var lengths = _source.Lengths;
        var inputs = new long[samples.Count * lengths.Inputs];
        var targets = new long[samples.Count * lengths.Targets];
        var mask = _source.MasksTargets ? new byte[targets.Length] : null;
        Span<int> input = new int[lengths.Inputs];
        Span<int> target = new int[lengths.Targets];
        foreach (var (epoch, index) in samples)
        {
            _source.Expect(epoch, _order.At(epoch, index));
        }

        for (var row = 0; row < samples.Count; row++)
        {
            var (epoch, index) = samples[row];
            input.Clear();
            target.Clear();
            var counted = mask is null ? [] : mask.AsSpan(row * lengths.Targets, lengths.Targets);
            _source.Make(epoch, _order.At(epoch, index), new Row { Inputs = input, Targets = target, TargetMask = counted });
            Widen(input, inputs.AsSpan(row * lengths.Inputs));
            Widen(target, targets.AsSpan(row * lengths.Targets));
        }

        return new TokenBatch(samples.Count, lengths.Inputs, lengths.Targets, inputs, targets, TargetMask: mask);
    }

    private static void Widen(ReadOnlySpan<int> from, Span<long> to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            to[i] = from[i];
        }
    }
}
