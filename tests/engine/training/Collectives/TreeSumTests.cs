using Orchestrator.Core.Plans;
using Orchestrator.Training.Collectives;
using Xunit;

namespace Orchestrator.Tests.Training.Collectives;

public sealed unsafe class TreeSumTests
{
    private const int Length = 1003;

    public static TheoryData<int, int, bool> Worlds()
    {
        var worlds = new TheoryData<int, int, bool>();
        foreach (var slots in new[] { 1, 2, 3, 4, 5, 7, 8, 12 })
        {
            for (var size = 1; size <= Math.Min(slots, 5); size++)
            {
                worlds.Add(slots, size, true);
                worlds.Add(slots, size, false);
            }
        }

        return worlds;
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void The_sum_has_the_bits_of_the_canonical_tree_on_every_rank_of_any_world(int slots, int worldSize, bool shareMemory)
    {
        var expected = Reference(new SlotRange(0, slots));
        var store = new InProcessStore();
        var shares = SlotTree.Share(slots, worldSize);
        var sums = new float[worldSize][];

        var ranks = Enumerable.Range(0, worldSize).Select(rank => new Thread(() => sums[rank] = SumThrice(rank, shares, store, shareMemory))).ToArray();
        Array.ForEach(ranks, thread => thread.Start());
        Array.ForEach(ranks, thread => thread.Join());

        Assert.All(sums, sum => Assert.Equal(expected, sum));
    }

    [Theory]
    [InlineData(1003, 3)]
    [InlineData(16, 4)]
    [InlineData(0, 2)]
    public void Chunks_cover_the_gradient_once_in_whole_cache_lines(int length, int worldSize)
    {
        var bytes = TreeSum.ChunkBytes(length, worldSize);

        Assert.Equal((long)length * sizeof(float), bytes.Sum());
        Assert.All(bytes.Take(worldSize - 1), chunk => Assert.Equal(0, chunk % 64));
    }

    // Three times, since buffers are used again by turns; a step must not see the one before.
    private static float[] SumThrice(int rank, IReadOnlyList<SlotRange> shares, InProcessStore store, bool shareMemory)
    {
        using ICommunicator communicator = shares.Count == 1
            ? new SoloCommunicator()
            : new GlooCommunicator(store, rank, shares.Count, $"tree-{shares[^1].End}", TimeSpan.FromSeconds(20));
        using var gradient = new UnmanagedBuffer(Length * sizeof(float));
        using var tree = new TreeSum(shares, communicator, gradient.Floats, Length, shareMemory);
        float[] sum = [];
        for (var step = 0; step < 3; step++)
        {
            tree.SumShare(slot => Gradient(slot).CopyTo(new Span<float>(gradient.Start, Length)));
            sum = new Span<float>(tree.SumAcrossRanks(), Length).ToArray();
        }

        return sum;
    }

    private static float[] Reference(SlotRange node)
    {
        if (node.Count == 1)
        {
            return Gradient(node.First);
        }

        var middle = SlotTree.Middle(node);
        var left = Reference(new SlotRange(node.First, middle));
        var right = Reference(new SlotRange(middle, node.End));
        return [.. left.Zip(right, (a, b) => a + b)];
    }

    // Values of very different sizes, so that another order of additions shows.
    private static float[] Gradient(int slot)
    {
        var random = new Orchestrator.Core.Data.SeededRandom((ulong)slot);
        return [.. Enumerable.Range(0, Length).Select(_ => MathF.ScaleB((random.Next() >> 40) - 8_388_608f, (int)random.Below(20) - 10))];
    }
}
