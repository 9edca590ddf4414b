using Orchestrator.Core.Checkpoints;
using Orchestrator.Training.Checkpoints;
using Xunit;

namespace Orchestrator.Tests.Training.Checkpoints;

public sealed unsafe class TensorCastTests
{
    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(1.00390625f, 0x3F80)] // half way between two: to the even one
    [InlineData(1.01171875f, 0x3F82)] // half way, and the even one is above
    [InlineData(1.003907f, 0x3F81)] // a little more than half way
    [InlineData(-0f, 0x8000)]
    [InlineData(float.PositiveInfinity, 0x7F80)]
    public void To_bfloat16_it_is_rounded_to_the_nearest_ties_to_even(float value, int bits) => Assert.Equal(bits, Bits(value, TensorType.BF16));

    [Theory]
    [InlineData(1f, 0x3C00)]
    [InlineData(1.00048828125f, 0x3C00)] // half way: to the even one
    [InlineData(1.00146484375f, 0x3C02)]
    [InlineData(5.9604645e-8f, 0x0001)] // the smallest
    [InlineData(2.9802322e-8f, 0x0000)] // half of it: to the even one
    [InlineData(65504f, 0x7BFF)]
    public void To_half_precision_it_is_rounded_to_the_nearest_ties_to_even(float value, int bits) => Assert.Equal(bits, Bits(value, TensorType.F16));

    [Theory]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    public void Every_value_of_sixteen_bits_survives_the_way_to_fp32_and_back(TensorType type)
    {
        var all = new ushort[1 << 16];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = (ushort)i;
        }

        var values = new float[all.Length];
        var back = new ushort[all.Length];
        fixed (ushort* from = all, into = back)
        fixed (float* wide = values)
        {
            TensorCast.ToSingle(new TensorView("x", type, [all.Length], (nint)from), wide);
            var at = 0;
            TensorCast.Pieces(new TensorView("x", TensorType.F32, [all.Length], (nint)wide), type, piece =>
            {
                piece.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(back.AsSpan())[at..]);
                at += piece.Length;
            });
        }

        // Signalling NaNs may become quiet.
        Assert.All(Enumerable.Range(0, all.Length).Where(i => !float.IsNaN(values[i])), i => Assert.Equal(all[i], back[i]));
        Assert.All(Enumerable.Range(0, all.Length).Where(i => float.IsNaN(values[i])), i => Assert.Equal(all[i] & 0x8000, back[i] & 0x8000));
    }

    [Fact]
    public void Values_that_become_infinite_are_counted_and_infinities_are_not()
    {
        float[] values = [1, 65520, -1e6f, float.NegativeInfinity, 65519];
        fixed (float* start = values)
        {
            Assert.Equal(2, TensorCast.Pieces(new TensorView("x", TensorType.F32, [5], (nint)start), TensorType.F16, _ => { }));
        }
    }

    private static int Bits(float value, TensorType type)
    {
        var bits = 0;
        TensorCast.Pieces(new TensorView("x", TensorType.F32, [1], (nint)(&value)), type, piece => bits = BitConverter.ToUInt16(piece));
        return bits;
    }
}
