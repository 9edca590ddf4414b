using System.Numerics;

namespace Orchestrator.Core.Data;

/// <summary>The order in which an epoch visits its samples: a keyed permutation of [0, Count), another one each epoch.</summary>
/// <remarks>
/// A Feistel network over ceil(log2 Count) bits with cycle walking (Black and Rogaway 2002): no table, no buffer, any position in
/// constant time (fewer than two walks on average).
/// </remarks>
public sealed class SampleOrder
{
    private const int Rounds = 10;

    private readonly ulong _seed;
    private readonly int _rightBits;
    private readonly ulong _leftMask;
    private readonly ulong _rightMask;

    /// <summary>The order of a run.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="count">Samples in an epoch, at least 1.</param>
    public SampleOrder(long seed, long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _seed = SeededRandom.Combine(0x5A4D504C, unchecked((ulong)seed));
        Count = count;
        var bits = count == 1 ? 0 : BitOperations.Log2((ulong)(count - 1)) + 1;
        var leftBits = bits / 2;
        _rightBits = bits - leftBits;
        _leftMask = (1UL << leftBits) - 1;
        _rightMask = (1UL << _rightBits) - 1;
    }

    /// <summary>Samples in an epoch.</summary>
    public long Count { get; }

    /// <summary>The sample at a position of an epoch's order.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="index">The position in [0, Count).</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such position.</exception>
    public long At(long epoch, long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var key = SeededRandom.Combine(_seed, (ulong)epoch);
        var value = (ulong)index;
        do
        {
            value = Permute(key, value);
        }
        while (value >= (ulong)Count);

        return (long)value;
    }

    /// <summary>The position of a sample in an epoch's order: the inverse of <see cref="At"/>, in constant time too.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="sample">The sample in [0, Count).</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public long PositionOf(long epoch, long sample)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(sample);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sample, Count);
        var key = SeededRandom.Combine(_seed, (ulong)epoch);
        var value = (ulong)sample;
        do
        {
            // The walk back along the cycle passes the same values outside [0, Count) as the walk that led here.
            value = Restore(key, value);
        }
        while (value >= (ulong)Count);

        return (long)value;
    }

    private ulong Permute(ulong key, ulong value)
    {
        // The halves are updated in turn and never swapped, so that they may differ in width.
        var left = value >> _rightBits;
        var right = value & _rightMask;
        for (var round = 0UL; round < Rounds; round += 2)
        {
            left ^= SeededRandom.Mix(key + right + (round << 56)) & _leftMask;
            right ^= SeededRandom.Mix(key + left + ((round + 1) << 56)) & _rightMask;
        }

        return (left << _rightBits) | right;
    }

    /// <summary>Undoes <see cref="Permute"/>: the same rounds, the last first.</summary>
    private ulong Restore(ulong key, ulong value)
    {
        var left = value >> _rightBits;
        var right = value & _rightMask;
        for (var round = (ulong)Rounds; round > 0; round -= 2)
        {
            right ^= SeededRandom.Mix(key + left + ((round - 1) << 56)) & _rightMask;
            left ^= SeededRandom.Mix(key + right + ((round - 2) << 56)) & _leftMask;
        }

        return (left << _rightBits) | right;
    }
}
