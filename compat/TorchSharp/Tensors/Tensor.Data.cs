using TorchSharp.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    // Elements as .NET sees them.
    public unsafe partial class Tensor
    {
        /// <summary>The elements as typed values, in row-major order whatever the strides; a tensor elsewhere is copied to the CPU.</summary>
        /// <exception cref="ArgumentException">T is not the .NET type of the tensor's element type.</exception>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            ValidateType(typeof(T));
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        /// <summary>The value of a tensor with one element.</summary>
        public T item<T>() where T : unmanaged
        {
            var meta = MemoryMeta();
            if (meta.Count != 1)
            {
                throw new ArgumentException("Number of elements in the tensor must be 1");
            }

            ValidateType(typeof(T));
            if (meta.DeviceType == (int)DeviceType.CPU && !meta.IsSparse)
            {
                var value = *(T*)meta.Data;
                GC.KeepAlive(this);
                return value;
            }

            using var here = cpu();
            return here.item<T>();
        }

        /// <summary>The elements' memory; the tensor must be contiguous, on the CPU and smaller than 2 GiB. It must outlive the span.</summary>
        public Span<byte> bytes
        {
            get
            {
                var (data, length) = Contiguous();
                return new Span<byte>((void*)data, length);
            }

            set
            {
                var (data, length) = Contiguous();
                if (length != value.Length)
                {
                    throw new ArgumentException("Mismatched data sizes in SetBytes().");
                }

                value.CopyTo(new Span<byte>((void*)data, length));
                GC.KeepAlive(this);
            }
        }

        public double ReadCpuDouble(long i) => Read<double>(i);

        public float ReadCpuSingle(long i) => Read<float>(i);

        public int ReadCpuInt32(long i) => Read<int>(i);

        public long ReadCpuInt64(long i) => Read<long>(i);

        public byte ReadCpuByte(long i) => Read<byte>(i);

        public sbyte ReadCpuSByte(long i) => Read<sbyte>(i);

        public short ReadCpuInt16(long i) => Read<short>(i);

        public bool ReadCpuBool(long i) => Read<bool>(i);

        public T ReadCpuValue<T>(long i) where T : unmanaged => Read<T>(i);

        public float ReadCpuFloat16(long i) => (float)Read<Half>(i);

        public float ReadCpuBFloat16(long i) => BitConverter.Int32BitsToSingle(Read<short>(i) << 16);

        /// <summary>The value of a tensor with one element, as a number of its type.</summary>
        public Scalar ToScalar() => Scalar.Of(Ops.item.CallValue(this), dtype);

        /// <summary>The storage under the tensor: its base address and length. A tensor of another type than T is converted.</summary>
        public Storage<T> storage<T>() where T : unmanaged
        {
            var type = ToScalarType(typeof(T));
            return new Storage<T>(dtype == type ? this : to_type(type));
        }

        public void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            using var flat = ForStreaming();
            var memory = new UnmanagedMemoryStream((byte*)flat.Meta().Data, flat.NumberOfElements * flat.ElementSize);
            memory.CopyTo(stream, bufferSize);
            GC.KeepAlive(flat);
        }

        public void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            var meta = MemoryMeta();
            if (!meta.IsContiguous || meta.DeviceType != (int)DeviceType.CPU)
            {
                throw new InvalidOperationException("ReadBytesFromStream() called on a tensor that is not contiguous or not on the CPU.");
            }

            var length = meta.Count * meta.ElementSize;
            for (long done = 0; done < length;)
            {
                var count = (int)Math.Min(Math.Max(bufferSize, 1 << 16), length - done);
                stream.ReadExactly(new Span<byte>((byte*)meta.Data + done, count));
                done += count;
            }

            GC.KeepAlive(this);
        }

        internal void ValidateType(Type dotnetType)
        {
            if (ToScalarType(dotnetType) != dtype)
            {
                throw new ArgumentException($"{dotnetType.Name} is not compatible with {dtype}");
            }
        }

        private Tensor ForStreaming()
        {
            using var here = cpu();
            return here.contiguous();
        }

        private (nint Data, int Length) Contiguous()
        {
            var meta = MemoryMeta();
            if (!meta.IsContiguous)
            {
                throw new InvalidOperationException("Bytes() called on non-contiguous tensor.");
            }

            if (meta.DeviceType != (int)DeviceType.CPU)
            {
                throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
            }

            var length = meta.Count * meta.ElementSize;
            return length <= int.MaxValue
                ? (meta.Data, (int)length)
                : throw new ArgumentException("Span only supports up to int.MaxValue elements.");
        }

        private T Read<T>(long i) where T : unmanaged
        {
            var meta = MemoryMeta();
            if (meta.DeviceType != (int)DeviceType.CPU)
            {
                throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
            }

            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)i, (ulong)meta.Count, nameof(i));
            var value = ((T*)meta.Data)[i];
            GC.KeepAlive(this);
            return value;
        }
    }
}
