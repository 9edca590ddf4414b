using System.Runtime.InteropServices;

namespace Orchestrator.Training.Checkpoints;

/// <summary>Memory that tensors are copied to, so that training goes on while they are written. Grown once, then reused.</summary>
internal sealed unsafe class Staging : IDisposable
{
    private const int Alignment = 64;
    private byte* _memory;
    private long _capacity;

    /// <summary>Copies tensors and returns their views here, good until the next call.</summary>
    public IReadOnlyList<TensorView> Copy(IEnumerable<TensorView> tensors)
    {
        var list = tensors.ToArray();
        Reserve(list.Sum(tensor => Aligned(tensor.Bytes)));
        var at = 0L;
        for (var i = 0; i < list.Length; i++)
        {
            var bytes = list[i].Bytes;
            Buffer.MemoryCopy((void*)list[i].Address, _memory + at, bytes, bytes);
            list[i] = list[i] with { Address = (nint)(_memory + at) };
            at += Aligned(bytes);
        }

        return list;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        _capacity = 0;
    }

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private void Reserve(long bytes)
    {
        if (bytes > _capacity)
        {
            Dispose();
            _memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
            _capacity = bytes;
        }
    }
}
