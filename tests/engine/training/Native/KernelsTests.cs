using System.Runtime.InteropServices;
using Orchestrator.Core.Plans;
using Orchestrator.Training.Collectives;
using Orchestrator.Training.Native;
using Xunit;

namespace Orchestrator.Tests.Training.Native;

public sealed unsafe class KernelsTests
{
    public static TheoryData<int> Counts { get; } = [0, 1, 15, 16, 17, 33, 1000, 65536, 200_003];

    [Theory]
    [MemberData(nameof(Counts))]
    public void Add_scale_and_sum_of_two_are_those_of_single_floats(int count)
    {
        using var a = Floats.Random(count, 1);
        using var b = Floats.Random(count, 2);
        using var sum = new Floats(count);
        var expected = new float[count];
        for (var i = 0; i < count; i++)
        {
            expected[i] = a.Span[i] + b.Span[i];
        }

        Kernels.Add(sum, a, b, count);
        Kernels.Add(a, b, count);
        Assert.True(expected.AsSpan().SequenceEqual(sum.Span));
        Assert.True(expected.AsSpan().SequenceEqual(a.Span));

        Kernels.Scale(a, count, 0.3f);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(expected[i] * 0.3f, a.Span[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Counts))]
    public void The_sum_of_squares_is_right_to_twelve_digits(int count)
    {
        using var values = Floats.Random(count, 3);
        var expected = 0.0;
        foreach (var value in values.Span)
        {
            expected += (double)value * value;
        }

        Assert.Equal(expected, Kernels.SumSquares(values, count), expected * 1e-12);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void The_first_non_finite_value_is_found_wherever_it_is(float bad)
    {
        const int count = 70_001;
        using var values = Floats.Random(count, 4);
        values.Span[9] = float.MaxValue;
        values.Span[10] = float.Epsilon;
        Assert.Equal(-1, Kernels.FirstNonFinite(values, count));
        foreach (var at in new[] { count - 1, 66_000, 1030, 17, 16, 0 })
        {
            values.Span[at] = bad;
            Assert.Equal(at, Kernels.FirstNonFinite(values, count));
        }
    }

    [Fact]
    public void The_tree_sum_is_that_of_the_canonical_tree_to_the_bit_for_every_number_of_ranks()
    {
        const int slots = 7, count = 10_007;
        var gradients = Enumerable.Range(0, slots).Select(slot => Floats.Random(count, 100 + slot)).ToArray();
        var expected = Reference(new SlotRange(0, slots));
        for (var worldSize = 1; worldSize <= slots; worldSize++)
        {
            var nodes = SlotTree.Share(slots, worldSize).SelectMany(share => SlotTree.Nodes(slots, share)).ToArray();
            var parts = nodes.Select(node => new Floats(Reference(node))).ToArray();

            Kernels.TreeSum(parts.Select(part => (nint)part.Pointer).ToArray(), TreeProgram.Additions(slots, nodes), count);

            Assert.True(expected.AsSpan().SequenceEqual(parts[0].Span), $"world size {worldSize}");
            Array.ForEach(parts, part => part.Dispose());
        }

        Array.ForEach(gradients, gradient => gradient.Dispose());

        float[] Reference(SlotRange node)
        {
            if (node.Count == 1)
            {
                return gradients[node.First].Span.ToArray();
            }

            var middle = SlotTree.Middle(node);
            var (left, right) = (Reference(new SlotRange(node.First, middle)), Reference(new SlotRange(middle, node.End)));
            return [.. left.Zip(right, (a, b) => a + b)];
        }
    }

    [Fact]
    public void A_tree_program_over_nodes_that_leave_a_slot_out_is_refused()
    {
        Assert.Throws<ArgumentException>(() => TreeProgram.Additions(4, [new SlotRange(0, 2), new SlotRange(2, 3)]));
        Assert.Throws<ArgumentException>(() => TreeProgram.Additions(4, [new SlotRange(0, 4), new SlotRange(0, 4)]));
        Assert.Throws<ArgumentException>(() => TreeProgram.Additions(4, [new SlotRange(0, 1), new SlotRange(1, 4)]));
    }

    [Fact]
    public void A_tree_sum_that_names_a_part_that_is_not_there_is_refused() =>
        Assert.Throws<ArgumentException>(() => Kernels.TreeSum([1, 2], [new Addition(0, 2)], 1));

    [Fact]
    public void The_digest_changes_with_every_single_bit_with_the_length_and_with_the_seed()
    {
        var bytes = new byte[600];
        new Random(5).NextBytes(bytes);
        var digests = new HashSet<ulong> { Kernels.Digest(bytes), Kernels.Digest(bytes, 1), Kernels.Digest(bytes.AsSpan(0, 599)) };
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(digests.Add(Kernels.Digest(bytes)), $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        var zeros = new HashSet<ulong>();
        for (var length = 0; length < 700; length++)
        {
            Assert.True(zeros.Add(Kernels.Digest(new byte[length])), $"{length} zeros");
        }
    }

    [Fact]
    public void The_digest_is_the_same_on_every_machine()
    {
        var bytes = Enumerable.Range(0, 5_000_000).Select(i => (byte)((i * 131) ^ (i >> 7))).ToArray();
        Assert.Equal(DigestReference(bytes.AsSpan(0, 1000), 7), Kernels.Digest(bytes.AsSpan(0, 1000), 7));

        const int block = 1 << 22;
        var parts = new[] { DigestReference(bytes.AsSpan(0, block), 7), DigestReference(bytes.AsSpan(block), 7 + block) };
        Assert.Equal(DigestReference(MemoryMarshal.AsBytes<ulong>(parts), 7UL ^ (ulong)bytes.Length), Kernels.Digest(bytes, 7));
    }

    [Fact]
    public void Swapped_words_change_the_digest()
    {
        var bytes = new byte[1024];
        new Random(6).NextBytes(bytes);
        var before = Kernels.Digest(bytes);
        for (var other = 8; other < bytes.Length; other += 8)
        {
            var swapped = bytes.ToArray();
            bytes.AsSpan(0, 8).CopyTo(swapped.AsSpan(other));
            bytes.AsSpan(other, 8).CopyTo(swapped);
            Assert.NotEqual(before, Kernels.Digest(swapped));
        }
    }

    [Fact]
    public void Bfloat16_rounds_to_nearest_even_and_keeps_what_is_not_a_number()
    {
        float[] values = [0, -0f, 1, 1.00390625f, 1.01171875f, 3.3895314e38f, 1e-40f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.MaxValue];
        using var from = Floats.Random(1000, 8, 1e3);
        values.CopyTo(from.Span);
        var halves = new ushort[1000];
        using var back = new Floats(1000);
        fixed (ushort* pointer = halves)
        {
            Kernels.ToBFloat16(pointer, from, 1000);
            Kernels.FromBFloat16(back, pointer, 1000);
        }

        for (var i = 0; i < 1000; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(from.Span[i]);
            var expected = float.IsNaN(from.Span[i]) ? halves[i] : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
            Assert.Equal(expected, halves[i]);
            Assert.Equal((uint)expected << 16, BitConverter.SingleToUInt32Bits(back.Span[i]));
            Assert.Equal(float.IsNaN(from.Span[i]), float.IsNaN(back.Span[i]));
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        const int count = 300_001;
        var before = Kernels.Threads;
        try
        {
            var results = new List<(double, ulong, ulong)>();
            foreach (var threads in new[] { 1, 2, 3, 7 })
            {
                Kernels.Threads = threads;
                using var a = Floats.Random(count, 9);
                using var b = Floats.Random(count, 10);
                using var state = new Floats(1000);
                Kernels.Add(a, b, count);
                Kernels.AdafactorStep(a, b, state, new AdafactorLayout(1, 300, 500, Factored: true), 0.1f, 0.01, 0.5, new AdafactorConstants());
                results.Add((Kernels.SumSquares(a, count), Kernels.Digest(a, count * 4L), Kernels.Digest(state, 800 * 4)));
            }

            Assert.Single(results.Distinct());
        }
        finally
        {
            Kernels.Threads = before;
        }
    }

    // As native/kernels/digest.cpp, a word at a time.
    private static ulong DigestReference(ReadOnlySpan<byte> bytes, ulong seed)
    {
        const ulong prime = 0x9e3779b185ebca87, other = 0xc2b2ae3d27d4eb4f;
        var lanes = new ulong[32];
        for (var k = 0; k < 32; k++)
        {
            lanes[k] = unchecked((((ulong)k + 1) * prime) ^ seed);
        }

        var padded = new byte[(bytes.Length + 255) / 256 * 256];
        bytes.CopyTo(padded);
        var words = MemoryMarshal.Cast<byte, ulong>(padded);
        for (var i = 0; i < words.Length; i++)
        {
            lanes[i % 32] = unchecked((lanes[i % 32] ^ words[i]) * prime);
            lanes[i % 32] ^= lanes[i % 32] >> 32;
        }

        var hash = seed ^ unchecked((ulong)bytes.Length * other);
        foreach (var lane in lanes)
        {
            hash = unchecked((hash ^ lane) * prime);
            hash ^= hash >> 29;
            hash = unchecked(hash * other);
            hash ^= hash >> 32;
        }

        return hash;
    }
}
