using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Change of element type and of device. A conversion to what the tensor already is gives another wrapper of the same tensor.
    public partial class Tensor
    {
        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to_type(type, copy, disposeAfter, non_blocking);

        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(type, null, copy, disposeAfter, non_blocking);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(null, device, copy, disposeAfter, non_blocking);

        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(type, device, copy, disposeAfter, non_blocking);

        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(null, new Device(device), copy, disposeAfter, non_blocking);

        public Tensor to(DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(null, new Device(deviceType, deviceIndex), copy, disposeAfter, non_blocking);

        public Tensor to(Tensor other, bool non_blocking = false) => Converted(other.dtype, other.device, false, false, non_blocking);

        public Tensor type(ScalarType dtype) => to_type(dtype);

        public Tensor type(Func<Tensor, Tensor> typeFunc) => typeFunc(this);

        public Tensor type_as(Tensor tensor) => to_type(tensor.dtype);

        public Tensor cpu() => Converted(null, CPU, false, false, false);

        public Tensor cuda(Device? device = null, bool non_blocking = false) => Converted(null, device ?? CUDA, false, false, non_blocking);

        public Tensor pin_memory() => Ops.pin_memory.Call(this);

        public Tensor @bool() => to_type(ScalarType.Bool);

        public Tensor @byte() => to_type(ScalarType.Byte);

        public Tensor @char() => to_type(ScalarType.Int8);

        public Tensor @short() => to_type(ScalarType.Int16);

        public Tensor @int() => to_type(ScalarType.Int32);

        public Tensor @long() => to_type(ScalarType.Int64);

        public Tensor half() => to_type(ScalarType.Float16);

        public Tensor bfloat16() => to_type(ScalarType.BFloat16);

        public Tensor @float() => to_type(ScalarType.Float32);

        public Tensor @double() => to_type(ScalarType.Float64);

        private Tensor Converted(ScalarType? type, Device? device, bool copy, bool disposeAfter, bool nonBlocking)
        {
            var converted = Ops.to_dtype_layout.Call(this, type, Arg.None, device, Arg.None, nonBlocking, copy);
            if (disposeAfter)
            {
                Dispose();
            }

            return converted;
        }

        /// <summary>Puts a result into the tensor that the caller gave for it.</summary>
        private static Tensor Into(Tensor result, Tensor? given)
        {
            if (given is null)
            {
                return result;
            }

            using (result)
            {
                return given.set_(result);
            }
        }

        private static Tensor As(Tensor result, ScalarType? type)
        {
            if (type is not { } wanted)
            {
                return result;
            }

            using (result)
            {
                return result.to_type(wanted);
            }
        }

        private static (Tensor Output, Tensor? Inverse, Tensor? Counts) Kept((Tensor Output, Tensor Inverse, Tensor Counts) found, bool inverse, bool counts)
        {
            if (!inverse)
            {
                found.Inverse.Dispose();
            }

            if (!counts)
            {
                found.Counts.Dispose();
            }

            return (found.Output, inverse ? found.Inverse : null, counts ? found.Counts : null);
        }

        private Tensor Squeezed(long? dim)
        {
            if (dim is { } one)
            {
                Ops.squeeze__dim.Run(this, one);
            }
            else
            {
                Ops.squeeze_.Run(this);
            }

            return this;
        }

        private static string? Mode(RoundingMode mode) => mode switch
        {
            RoundingMode.None => null,
            RoundingMode.trunc => "trunc",
            _ => "floor",
        };

        private bool Same(Tensor target) => ReferenceEquals(this, target) || Ops.equal.CallBool(this, target);
    }

    /// <summary>How a quotient is rounded.</summary>
    public enum RoundingMode
    {
        None,
        trunc,
        floor,
    }
}
