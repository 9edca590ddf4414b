using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>The memory of a tensor that lies in this process.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>The first value of a contiguous CPU tensor.</summary>
    /// <exception cref="ArgumentException">The tensor is of another type.</exception>
    public static T* Start<T>(Tensor tensor)
        where T : unmanaged
    {
        if (tensor.ElementSize != sizeof(T))
        {
            throw new ArgumentException($"a tensor of {tensor.dtype} does not hold values of {sizeof(T)} bytes", nameof(tensor));
        }

        if (tensor.NumberOfElements * tensor.ElementSize <= int.MaxValue)
        {
            return (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
        }

        // A span holds 2 GiB at most; the first row's begins where the tensor's does.
        using var first = tensor.narrow(0, 0, 1);
        return Start<T>(first);
    }

    /// <summary>The values of a contiguous CPU tensor of at most 2 GiB.</summary>
    public static Span<T> Values<T>(Tensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    /// <summary>A new tensor on a device with these values.</summary>
    public static Tensor Of(ReadOnlySpan<long> values, ReadOnlySpan<long> shape, Device device)
    {
        var tensor = empty(shape, ScalarType.Int64);
        values.CopyTo(Values<long>(tensor));
        return OnDevice(tensor, device);
    }

    /// <summary>A new tensor on a device with these values.</summary>
    public static Tensor Of(ReadOnlySpan<float> values, ReadOnlySpan<long> shape, Device device)
    {
        var tensor = empty(shape, ScalarType.Float32);
        values.CopyTo(Values<float>(tensor));
        return OnDevice(tensor, device);
    }

    /// <summary>A new tensor on a device with these values.</summary>
    public static Tensor Of(ReadOnlySpan<byte> values, ReadOnlySpan<long> shape, Device device)
    {
        var tensor = empty(shape, ScalarType.Byte);
        values.CopyTo(Values<byte>(tensor));
        return OnDevice(tensor, device);
    }

    private static Tensor OnDevice(Tensor tensor, Device device)
    {
        if (device.type == DeviceType.CPU)
        {
            return tensor;
        }

        using (tensor)
        {
            return tensor.to(device);
        }
    }
}
