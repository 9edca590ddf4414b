using System.Runtime.InteropServices;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Training.Native;

namespace Orchestrator.Training.Checkpoints;

/// <summary>Weights from one number format to another, a piece at a time. Rounded to the nearest, ties to even.</summary>
public static unsafe class TensorCast
{
    private const int Piece = 1 << 20;
    private const int Chunk = 1 << 16;

    /// <summary>Whether two tensors are of one format and hold the same bytes.</summary>
    public static bool SameBytes(in TensorView left, in TensorView right)
    {
        if (left.Type != right.Type || left.Bytes != right.Bytes)
        {
            return false;
        }

        for (var at = 0L; at < left.Bytes && left.Address != right.Address; at += Piece)
        {
            var count = (int)Math.Min(Piece, left.Bytes - at);
            if (!new ReadOnlySpan<byte>((byte*)left.Address + at, count).SequenceEqual(new ReadOnlySpan<byte>((byte*)right.Address + at, count)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A whole tensor as fp32, which is exact.</summary>
    /// <param name="source">F32, F16 or BF16.</param>
    /// <param name="into">Room for its values.</param>
    public static void ToSingle(TensorView source, float* into)
    {
        for (var at = 0L; at < Count(source); at += Piece)
        {
            ToSingle(source, at, (int)Math.Min(Piece, Count(source) - at), into + at);
        }
    }

    /// <summary>Passes a tensor on in another format, piece by piece.</summary>
    /// <param name="source">F32, F16 or BF16.</param>
    /// <param name="type">The other format, one of these.</param>
    /// <param name="write">Takes the bytes of each piece in turn.</param>
    /// <returns>How many finite values have become infinite.</returns>
    public static long Pieces(TensorView source, TensorType type, Action<ReadOnlySpan<byte>> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var values = new float[Math.Min(Piece, Count(source))];
        var bytes = new byte[values.Length * type.Size()];
        var lost = 0L;
        fixed (float* start = values)
        fixed (byte* target = bytes)
        {
            for (var at = 0L; at < Count(source); at += Piece)
            {
                var count = (int)Math.Min(Piece, Count(source) - at);
                ToSingle(source, at, count, start);
                lost += FromSingle(start, count, type, target);
                write(bytes.AsSpan(0, count * type.Size()));
            }
        }

        return lost;
    }

    private static long Count(TensorView tensor) => tensor.Bytes / tensor.Type.Size();

    /// <summary>Some of a tensor's values as fp32.</summary>
    internal static void ToSingle(TensorView source, long first, int count, float* into)
    {
        var from = (byte*)source.Address + (first * source.Type.Size());
        switch (source.Type)
        {
            case TensorType.F32:
                Buffer.MemoryCopy(from, into, (long)count * sizeof(float), (long)count * sizeof(float));
                break;
            case TensorType.BF16:
                KernelsLibrary.FromBFloat16(into, (ushort*)from, count);
                break;
            case TensorType.F16:
                InChunks(count, (at, size) =>
                {
                    for (var i = at; i < at + size; i++)
                    {
                        into[i] = (float)((Half*)from)[i];
                    }
                });
                break;
            default:
                throw new NotSupportedException($"{source.Name} is {source.Type}");
        }
    }

    private static long FromSingle(float* values, int count, TensorType type, byte* into)
    {
        var before = Infinite(values, count);
        switch (type)
        {
            case TensorType.F32:
                Buffer.MemoryCopy(values, into, (long)count * sizeof(float), (long)count * sizeof(float));
                return 0;
            case TensorType.BF16:
                KernelsLibrary.ToBFloat16((ushort*)into, values, count);
                break;
            case TensorType.F16:
                InChunks(count, (at, size) =>
                {
                    for (var i = at; i < at + size; i++)
                    {
                        ((Half*)into)[i] = (Half)values[i];
                    }
                });
                break;
            default:
                throw new NotSupportedException($"{type}");
        }

        // All that is not sign is the infinities' exponent.
        var infinity = type == TensorType.F16 ? BitConverter.HalfToUInt16Bits(Half.PositiveInfinity) : (ushort)0x7F80;
        var after = 0L;
        foreach (var bits in MemoryMarshal.Cast<byte, ushort>(new ReadOnlySpan<byte>(into, count * sizeof(ushort))))
        {
            after += (bits & 0x7FFF) == infinity ? 1 : 0;
        }

        return after - before;
    }

    private static long Infinite(float* values, int count)
    {
        var found = 0L;
        for (var i = 0; i < count; i++)
        {
            found += float.IsInfinity(values[i]) ? 1 : 0;
        }

        return found;
    }

    private static void InChunks(int count, Action<int, int> action) =>
        Parallel.For(0, (count + Chunk - 1) / Chunk, chunk => action(chunk * Chunk, Math.Min(Chunk, count - (chunk * Chunk))));
}
