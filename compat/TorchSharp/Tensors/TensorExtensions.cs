using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Conversions between tensors and .NET values.</summary>
public static class TensorExtensionMethods
{
    /// <summary>How many bytes an element takes.</summary>
    public static int ElementSize(this ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 or ScalarType.ComplexFloat32 => 8,
        ScalarType.ComplexFloat64 => 16,
        _ => throw new NotSupportedException($"{type} is no element type."),
    };

    public static Modules.Parameter AsParameter(this Tensor tensor) => new(tensor);

    public static Tensor ToTensor<T>(this T scalar, Device? device = null, bool requires_grad = false) where T : struct =>
        from_array(new[] { scalar }, null, device).reshape().requires_grad_(requires_grad);

    public static Tensor ToTensor<T>(this T[] rawArray, long[] dimensions, bool doCopy = false, bool requires_grad = false)
    {
        using var flat = from_array(rawArray);
        return flat.reshape(dimensions).requires_grad_(requires_grad);
    }

    public static float ToSingle(this Tensor value) => (float)Number(value).AsDouble;

    public static double ToDouble(this Tensor value) => Number(value).AsDouble;

    public static sbyte ToSByte(this Tensor value) => (sbyte)Number(value).AsLong;

    public static byte ToByte(this Tensor value) => (byte)Number(value).AsLong;

    public static short ToInt16(this Tensor value) => (short)Number(value).AsLong;

    public static int ToInt32(this Tensor value) => (int)Number(value).AsLong;

    public static long ToInt64(this Tensor value) => Number(value).AsLong;

    public static bool ToBoolean(this Tensor value) => Number(value).AsDouble != 0;

    public static Half ToHalf(this Tensor value) => (Half)Number(value).AsDouble;

    public static long TotalSize(this IEnumerable<long> shape) => shape.Aggregate(1L, (product, extent) => product * extent);

    public static ReadOnlySpan<int> IntShape(this Tensor tensor) => Array.ConvertAll(tensor.shape, extent => (int)extent);

    private static Scalar Number(Tensor value) => value.numel() == 1
        ? value.ToScalar()
        : throw new ArgumentException("Number of elements in the tensor must be 1");
}
