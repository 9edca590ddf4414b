using System.Numerics;

namespace Orchestrator.Core.Data;

/// <summary>A random stream named by integers: the same names give the same numbers on every machine, in every version.</summary>
/// <remarks>xoshiro256** (Blackman and Vigna 2018) seeded by SplitMix64. A value type: pass it by reference, or it repeats itself.</remarks>
public struct SeededRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>The stream with these names, for example (purpose, seed, epoch, sample).</summary>
    public SeededRandom(params ReadOnlySpan<ulong> names)
    {
        var state = Combine(names);
        _a = Mix(state += 0x9E3779B97F4A7C15);
        _b = Mix(state += 0x9E3779B97F4A7C15);
        _c = Mix(state += 0x9E3779B97F4A7C15);
        _d = Mix(state + 0x9E3779B97F4A7C15);
    }

    /// <summary>One number from several, each of which changes it wholly.</summary>
    public static ulong Combine(params ReadOnlySpan<ulong> names)
    {
        var state = 0x243F6A8885A308D3UL + (ulong)names.Length;
        foreach (var name in names)
        {
            state = Mix((state * 0xD1342543DE82EF95) + name + 0x9E3779B97F4A7C15);
        }

        return state;
    }

    /// <summary>SplitMix64's finaliser: a permutation of the 64-bit numbers.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>A number in [0, bound), each equally likely (Lemire 2019, arXiv:1805.10941).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is 0.</exception>
    public ulong Below(ulong bound)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bound);
        var high = Math.BigMul(Next(), bound, out var low);
        if (low < bound)
        {
            var threshold = unchecked(0UL - bound) % bound;
            while (low < threshold)
            {
                high = Math.BigMul(Next(), bound, out low);
            }
        }

        return high;
    }
}
