using System.Collections;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The flat memory under a tensor and its views.</summary>
    public abstract class Storage
    {
        private protected readonly Tensor Owner;

        private protected Storage(Tensor tensor) => Owner = tensor;

        public abstract int element_size();

        /// <summary>The address of the first byte, on whatever device.</summary>
        public IntPtr data_ptr() => Read().Data;

        public ulong nbytes() => (ulong)Read().Bytes;

        private protected unsafe (nint Data, long Bytes) Read()
        {
            nint data;
            long bytes;
            var status = Native.orc_torch_storage(Owner.Handle, &data, &bytes);
            GC.KeepAlive(Owner);
            Failure.Check(status);
            return (data, bytes);
        }
    }
}

/// <summary>The flat memory under a tensor and its views, as typed values.</summary>
public sealed class Storage<T> : torch.Storage, IDisposable, IEnumerable<T> where T : unmanaged
{
    internal Storage(torch.Tensor tensor) : base(tensor)
    {
    }

    public torch.Device device => Owner.device;

    public int Count => checked((int)(Read().Bytes / element_size()));

    public bool IsReadOnly => false;

    public unsafe T this[int index]
    {
        get => ((T*)Checked(index))[index];
        set => ((T*)Checked(index))[index] = value;
    }

    public override unsafe int element_size() => sizeof(T);

    public T[] ToArray() => [.. this];

    public void fill_(T value)
    {
        for (var i = 0; i < Count; i++)
        {
            this[i] = value;
        }
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Ends the use of the storage; the tensor keeps it.</summary>
    public void Dispose()
    {
        // The tensor owns the memory.
    }

    private nint Checked(int index)
    {
        if (!Owner.is_cpu())
        {
            throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
        }

        var (data, bytes) = Read();
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (ulong)bytes / (ulong)element_size(), nameof(index));
        return data;
    }
}
