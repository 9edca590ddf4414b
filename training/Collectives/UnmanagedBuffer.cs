using System.Runtime.InteropServices;

namespace Orchestrator.Training.Collectives;

/// <summary>A block of unmanaged memory, zeroed, aligned to 64 bytes, that has one owner.</summary>
public sealed unsafe class UnmanagedBuffer : IDisposable
{
    private const int Alignment = 64;
    private void* _memory;

    /// <summary>Allocates the block.</summary>
    /// <param name="bytes">Its size; 0 is allowed.</param>
    public UnmanagedBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        _memory = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, Alignment), Alignment);
        NativeMemory.Clear(_memory, (nuint)bytes);
    }

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; }

    /// <summary>The memory as fp32 values.</summary>
    public float* Floats => (float*)Start;

    /// <summary>The memory.</summary>
    public void* Start
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _memory;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
