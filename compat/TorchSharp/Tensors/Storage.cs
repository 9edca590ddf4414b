using System.Collections;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The flat memory under a tensor and its views.</summary>
    public abstract class Storage
    {
        protected Tensor _tensor;
        protected IntPtr _tensor_data_ptr;

        protected Storage(Tensor tensor)
        {
            _tensor = tensor;
            data_ptr();
        }

        public abstract int element_size();

        public ulong nbytes() => (ulong)Read().Bytes;

        /// <summary>The address of the first byte, on whatever device.</summary>
        protected IntPtr data_ptr() => _tensor_data_ptr = Read().Data;

        private protected unsafe (nint Data, long Bytes) Read()
        {
            nint data;
            long bytes;
            var status = Native.orc_torch_storage(_tensor.Handle, &data, &bytes);
            GC.KeepAlive(_tensor);
            Failure.Check(status);
            return (data, bytes);
        }
    }

    /// <summary>The flat memory under a tensor and its views, as typed values.</summary>
    public sealed class Storage<T> : Storage, IDisposable, IEnumerable<T> where T : unmanaged
    {
        internal Storage(Tensor tensor) : base(tensor)
        {
        }

        public Device device => _tensor.device;

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
            if (!_tensor.is_cpu())
            {
                throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
            }

            var (data, bytes) = Read();
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (ulong)bytes / (ulong)element_size(), nameof(index));
            return data;
        }
    }
}
