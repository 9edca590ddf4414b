using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>
/// One argument of an operator. It holds the managed object it came from, so that nothing can be collected before the call
/// returns: the arguments live on the caller's stack until then.
/// </summary>
internal readonly struct Arg
{
    internal const int NoneTag = 0, TensorTag = 1, IntTag = 2, DoubleTag = 3, BoolTag = 4, IntListTag = 5, TensorListTag = 6,
        OptionalTensorListTag = 7, StringTag = 8, DoubleListTag = 9, DeviceTag = 10, GeneratorTag = 11, DefaultTag = 12;

    internal readonly object? Keep;
    internal readonly long Bits;
    internal readonly int Tag;
    internal readonly int Aux;

    private Arg(int tag, long bits, object? keep = null, int aux = 0)
    {
        Tag = tag;
        Bits = bits;
        Keep = keep;
        Aux = aux;
    }

    internal static readonly Arg None;
    internal static readonly Arg Default = new(DefaultTag, 0);

    internal static Arg Real(double value) => new(DoubleTag, BitConverter.DoubleToInt64Bits(value));

    internal static Arg Optional(Tensor?[] tensors) => new(OptionalTensorListTag, 0, tensors, tensors.Length);

    public static implicit operator Arg(Tensor? tensor) => tensor is null ? None : new(TensorTag, tensor.Handle, tensor);

    public static implicit operator Arg(Scalar? scalar) => scalar is null ? None : new(scalar.Tag, scalar.Bits);

    public static implicit operator Arg(long value) => new(IntTag, value);

    public static implicit operator Arg(long? value) => value is { } known ? known : None;

    public static implicit operator Arg(double value) => Real(value);

    public static implicit operator Arg(double? value) => value is { } known ? Real(known) : None;

    public static implicit operator Arg(bool value) => new(BoolTag, value ? 1 : 0);

    public static implicit operator Arg(ScalarType value) => new(IntTag, (long)value);

    public static implicit operator Arg(ScalarType? value) => value is { } known ? known : None;

    public static implicit operator Arg(long[]? values) => values is null ? None : new(IntListTag, 0, values, values.Length);

    public static implicit operator Arg(double[]? values) => values is null ? None : new(DoubleListTag, 0, values, values.Length);

    public static implicit operator Arg(Tensor[] tensors) => new(TensorListTag, 0, tensors, tensors.Length);

    public static implicit operator Arg(string? text) => text is null ? None : new(StringTag, 0, text, text.Length);

    public static implicit operator Arg(Device? device) => device is null ? None : new(DeviceTag, device.index, device, (int)device.type);

    public static implicit operator Arg(Generator? generator) => generator is null ? None : new(GeneratorTag, generator.Handle, generator);
}
