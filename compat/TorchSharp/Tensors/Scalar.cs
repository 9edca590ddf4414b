using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>A number of any element type, on its way into an operator. It holds no native memory.</summary>
public sealed class Scalar : IDisposable
{
    internal readonly int Tag;
    internal readonly long Bits;

    private Scalar(ScalarType type, long value)
    {
        Type = type;
        Tag = type == ScalarType.Bool ? Arg.BoolTag : Arg.IntTag;
        Bits = value;
    }

    private Scalar(double value, ScalarType type)
    {
        Type = type;
        Tag = Arg.DoubleTag;
        Bits = BitConverter.DoubleToInt64Bits(value);
    }

    /// <summary>The element type the number came as.</summary>
    public ScalarType Type { get; }

    internal double AsDouble => Tag == Arg.DoubleTag ? BitConverter.Int64BitsToDouble(Bits) : Bits;

    internal long AsLong => Tag == Arg.DoubleTag ? (long)AsDouble : Bits;

    internal static Scalar BFloat16(float value) => new(value, ScalarType.BFloat16);

    internal static Scalar Of(NativeValue value, ScalarType type) =>
        value.Tag == Arg.DoubleTag ? new(BitConverter.Int64BitsToDouble(value.Bits), type) : new(type, value.Bits);

    public static implicit operator Scalar(byte value) => new(ScalarType.Byte, value);

    public static implicit operator Scalar(sbyte value) => new(ScalarType.Int8, value);

    public static implicit operator Scalar(short value) => new(ScalarType.Int16, value);

    public static implicit operator Scalar(int value) => new(ScalarType.Int32, value);

    public static implicit operator Scalar(long value) => new(ScalarType.Int64, value);

    public static implicit operator Scalar(Half value) => new((double)value, ScalarType.Float16);

    public static implicit operator Scalar(float value) => new(value, ScalarType.Float32);

    public static implicit operator Scalar(double value) => new(value, ScalarType.Float64);

    public static implicit operator Scalar(bool value) => new(ScalarType.Bool, value ? 1 : 0);

    public void Dispose()
    {
        // Nothing is held.
    }
}

/// <summary>Conversions of numbers to and from <see cref="Scalar"/>.</summary>
public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this byte value) => value;

    public static Scalar ToScalar(this sbyte value) => value;

    public static Scalar ToScalar(this short value) => value;

    public static Scalar ToScalar(this int value) => value;

    public static Scalar ToScalar(this long value) => value;

    public static Scalar ToScalar(this float value) => value;

    public static Scalar ToScalar(this double value) => value;

    public static Scalar ToScalar(this bool value) => value;

    public static Scalar ToScalar(this Half value) => value;

    public static Scalar ToBFloat16Scalar(this float value) => Scalar.BFloat16(value);

    public static Half ToHalf(this Scalar value) => (Half)value.AsDouble;

    public static float ToSingle(this Scalar value) => (float)value.AsDouble;

    public static double ToDouble(this Scalar value) => value.AsDouble;

    public static sbyte ToSByte(this Scalar value) => checked((sbyte)value.AsLong);

    public static byte ToByte(this Scalar value) => checked((byte)value.AsLong);

    public static short ToInt16(this Scalar value) => checked((short)value.AsLong);

    public static int ToInt32(this Scalar value) => checked((int)value.AsLong);

    public static long ToInt64(this Scalar value) => value.AsLong;

    public static bool ToBoolean(this Scalar value) => value.AsDouble != 0;
}
