using System.Runtime.InteropServices;

namespace Orchestrator.Training.Native;

/// <summary>Loops over raw fp32 memory, in C++. Results depend neither on <see cref="Threads"/> nor on the processor's vector width.</summary>
/// <remarks>Pointers may have any alignment of their type; 64 bytes is fastest. Counts are of values, not bytes, unless said.</remarks>
public static unsafe partial class Kernels
{
    private static int s_threads = 1;

    /// <summary>Threads that share the work of one call; 1 at start.</summary>
    public static int Threads
    {
        get => s_threads;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            s_threads = value;
            KernelsLibrary.SetThreads(value);
        }
    }

    /// <summary>The instruction set in use: avx512, avx2 or baseline.</summary>
    public static string InstructionSet => Marshal.PtrToStringUTF8((nint)KernelsLibrary.Name())!;

    /// <summary>into += from.</summary>
    public static void Add(float* into, float* from, long count) => Add(into, into, from, count);

    /// <summary>into = a + b; into may be a or b.</summary>
    public static void Add(float* into, float* a, float* b, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        KernelsLibrary.Add(into, a, b, count);
    }

    /// <summary>For each pair in order: parts[Into] += parts[From], in blocks that stay in the cache. The parts are used up.</summary>
    /// <param name="parts">Addresses of <paramref name="count"/> floats each.</param>
    /// <param name="additions">What is added to what; <see cref="Collectives.TreeProgram"/> makes it. The sum is in the last Into.</param>
    /// <param name="count">Values of each part.</param>
    public static void TreeSum(ReadOnlySpan<nint> parts, ReadOnlySpan<Addition> additions, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var into = new int[additions.Length];
        var from = new int[additions.Length];
        for (var i = 0; i < additions.Length; i++)
        {
            (into[i], from[i]) = (additions[i].Into, additions[i].From);
            if (Math.Min(into[i], from[i]) < 0 || Math.Max(into[i], from[i]) >= parts.Length || into[i] == from[i])
            {
                throw new ArgumentException($"Addition {i} ({into[i]} += {from[i]}) does not name two of the {parts.Length} parts.", nameof(additions));
            }
        }

        fixed (nint* pointers = parts)
        fixed (int* intos = into, froms = from)
        {
            KernelsLibrary.TreeSum((float**)pointers, intos, froms, additions.Length, count);
        }
    }

    /// <summary>values *= factor.</summary>
    public static void Scale(float* values, long count, float factor)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        KernelsLibrary.Scale(values, count, factor);
    }

    /// <summary>Sum of squares, in double.</summary>
    public static double SumSquares(float* values, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return KernelsLibrary.SumSquares(values, count);
    }

    /// <summary>Index of the first infinity or NaN, or -1.</summary>
    public static long FirstNonFinite(float* values, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return KernelsLibrary.FirstNonFinite(values, count);
    }

    /// <summary>To bfloat16, the nearest, ties to even.</summary>
    public static void ToBFloat16(ushort* into, float* from, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        KernelsLibrary.ToBFloat16(into, from, count);
    }

    /// <summary>From bfloat16, exactly.</summary>
    public static void FromBFloat16(float* into, ushort* from, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        KernelsLibrary.FromBFloat16(into, from, count);
    }

    /// <summary>A 64-bit digest of bytes. Finds accidents and differences; it is not cryptographic.</summary>
    public static ulong Digest(void* bytes, long count, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return KernelsLibrary.Digest(bytes, count, seed);
    }

    /// <summary>A 64-bit digest of bytes.</summary>
    public static ulong Digest(ReadOnlySpan<byte> bytes, ulong seed = 0)
    {
        fixed (byte* pointer = bytes)
        {
            return KernelsLibrary.Digest(pointer, bytes.Length, seed);
        }
    }
}

/// <summary>One addition of a sum: part <paramref name="Into"/> += part <paramref name="From"/>.</summary>
/// <param name="Into">Left operand, and where the sum goes.</param>
/// <param name="From">Right operand.</param>
public readonly record struct Addition(int Into, int From);
