using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

// Tensors from ranges, .NET arrays and files.
public static unsafe partial class torch
{
    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Ops.arange_start_step.Call(start, stop, step, dtype ?? RangeType(start, stop, step), Arg.None, Or(device)), requires_grad);

    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(start, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    public static Tensor eye(long rows, long columns = -1L, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Ops.eye_m.Call(rows, columns < 0 ? rows : columns, Or(dtype), Arg.None, Or(device)), requires_grad);

    public static Tensor linspace(double start, double end, long steps, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Ops.linspace.Call(start, end, steps, Or(dtype), Arg.None, Or(device)), requires_grad);

    public static Tensor logspace(double start, double end, long steps, double @base = 10, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Ops.logspace.Call(start, end, steps, @base, Or(dtype), Arg.None, Or(device)), requires_grad);

    public static Tensor normal(double mean, double std, ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
    {
        var values = empty(size, dtype, device);
        values.normal_(mean, std, generator);
        return Made(values, requires_grad);
    }

    public static Tensor normal(Tensor mean, Tensor std, Generator? generator = null) => Ops.normal_Tensor_Tensor.Call(mean, std, generator);

    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Ops.randint_low_generator.Call(low, high, size, generator, dtype ?? ScalarType.Int64, Arg.None, Or(device)), requires_grad);

    public static Tensor randint(long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, size, dtype, device, requires_grad, generator);

    public static Tensor randint(long low, long high, Size size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(low, high, size.Shape, dtype, device, requires_grad, generator);

    public static Tensor randint(long high, Size size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, size.Shape, dtype, device, requires_grad, generator);

    public static Tensor randint(int low, int high, int[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint((long)low, high, Array.ConvertAll(size, extent => (long)extent), dtype, device, requires_grad, generator);

    public static Tensor randint(int high, int[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, size, dtype, device, requires_grad, generator);

    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null) =>
        Made(Ops.randperm_generator.Call(n, generator, dtype ?? ScalarType.Int64, Arg.None, Or(device)), requires_grad);

    public static Tensor empty_strided(long[] size, long[] strides, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Ops.empty_strided.Call(size, strides, Or(dtype), Arg.None, Or(device)), requires_grad);

    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Ops.zeros_like.Call(input, dtype, Arg.None, device), requires_grad);

    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Ops.ones_like.Call(input, dtype, Arg.None, device), requires_grad);

    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Ops.empty_like.Call(input, dtype, Arg.None, device), requires_grad);

    public static Tensor full_like(Tensor input, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Ops.full_like.Call(input, value, dtype, Arg.None, device), requires_grad);

    public static Tensor rand_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Ops.rand_like.Call(input, dtype, Arg.None, device), requires_grad);

    public static Tensor randn_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Ops.randn_like.Call(input, dtype, Arg.None, device), requires_grad);

    public static Tensor randint_like(Tensor input, long low, long high, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Ops.randint_like_low_dtype.Call(input, low, high, dtype, Arg.None, device), requires_grad);

    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        using var shared = Shared(rawArray, 0, Extents(rawArray));
        return Made(Placed(shared, dtype, device, copy: true), requires_grad);
    }

    public static Tensor as_tensor(Array data, ScalarType? dtype = null, Device? device = null) => from_array(data, dtype, device);

    public static Tensor as_tensor(Tensor data, ScalarType? dtype = null, Device? device = null) => Placed(data, dtype, device, copy: false);

    /// <summary>A tensor over an array's own memory: what one writes, the other reads. The array stays pinned while the tensor's storage lives.</summary>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false)
    {
        var length = rawArray.LongLength;
        if (offset < 0 || offset >= length)
        {
            throw new ArgumentException($"invalid value for 'offset': {offset}");
        }

        count = count < 0 ? length - offset : count;
        if (count > length - offset)
        {
            throw new IndexOutOfRangeException($"element count is too large: {count}");
        }

        var shared = Shared(rawArray, offset, [count]);
        if (shared.dtype == dtype)
        {
            return Made(shared, requires_grad);
        }

        using (shared)
        {
            return Made(shared.to_type(dtype), requires_grad);
        }
    }

    private static Tensor Made(Tensor tensor, bool requires_grad)
    {
        if (requires_grad)
        {
            tensor.requires_grad = true;
        }

        return tensor;
    }

    private static ScalarType Or(ScalarType? dtype) => dtype ?? get_default_dtype();

    private static Device Or(Device? device) => device ?? get_default_device();

    private static ScalarType FillType(Scalar value) => is_floating_point(value.Type) ? get_default_dtype() : value.Type;

    private static ScalarType RangeType(params ReadOnlySpan<Scalar> bounds)
    {
        foreach (var bound in bounds)
        {
            if (!is_integral(bound.Type))
            {
                return get_default_dtype();
            }
        }

        return ScalarType.Int64;
    }

    private static Tensor One<T>(T value, ScalarType? dtype, Device? device, bool requires_grad) where T : unmanaged =>
        Copied([value], [], dtype, device, requires_grad);

    private static Tensor Nested<T>(Array values, ScalarType? dtype, Device? device, bool requires_grad) where T : unmanaged
    {
        ref var first = ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(values));
        return Copied(MemoryMarshal.CreateReadOnlySpan(ref first, values.Length), Extents(values), dtype, device, requires_grad);
    }

    private static Tensor Copied<T>(ReadOnlySpan<T> values, ReadOnlySpan<long> dimensions, ScalarType? dtype, Device? device, bool requires_grad)
        where T : unmanaged
    {
        long expected = 1;
        foreach (var extent in dimensions)
        {
            expected *= extent;
        }

        if (expected != values.Length)
        {
            throw new ArgumentException($"mismatched total size creating a tensor from an array: {expected} vs. {values.Length}");
        }

        var made = Ops.empty_memory_format.Call(dimensions.ToArray(), ToScalarType(typeof(T)), Arg.None, CPU);
        values.CopyTo(new Span<T>((void*)made.Meta().Data, values.Length));
        if ((dtype is null || dtype == made.dtype) && (device ?? get_default_device()).type == DeviceType.CPU)
        {
            return Made(made, requires_grad);
        }

        using (made)
        {
            return Made(Placed(made, dtype, Or(device), copy: false), requires_grad);
        }
    }

    private static Tensor Placed(Tensor tensor, ScalarType? dtype, Device? device, bool copy) =>
        Ops.to_dtype_layout.Call(tensor, dtype, Arg.None, device, Arg.None, false, copy);

    private static long[] Extents(Array array)
    {
        var extents = new long[array.Rank];
        for (var i = 0; i < extents.Length; i++)
        {
            extents[i] = array.GetLongLength(i);
        }

        return extents;
    }

    private static Tensor Shared(Array array, long offset, long[] shape)
    {
        var type = ToScalarType(array.GetType().GetElementType()!);
        var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
        nint made = 0;
        int status;
        fixed (long* sizes = shape)
        {
            var data = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
            status = Native.orc_torch_from_blob(
                data + ((nint)offset * type.ElementSize()), sizes, shape.Length, (int)type, (int)DeviceType.CPU, -1, &Unpin, GCHandle.ToIntPtr(pin), &made);
        }

        if (status != 0)
        {
            pin.Free();
            Failure.Check(status);
        }

        return new Tensor(made);
    }

    [UnmanagedCallersOnly]
    private static void Unpin(nint pin) => GCHandle.FromIntPtr(pin).Free();
}
