namespace Orchestrator.Core.Plans;

/// <summary>A half-open range of slots [First, End): a node of the tree, or a rank's share.</summary>
/// <param name="First">The first slot.</param>
/// <param name="End">One past the last slot.</param>
public readonly record struct SlotRange(int First, int End)
{
    /// <summary>Number of slots.</summary>
    public int Count => End - First;
}

/// <summary>The canonical binary tree over a step's M slots, along which gradients, losses and token counts are summed.</summary>
/// <remarks>
/// A node [a, b) of more than one slot has the children [a, a + h) and [a + h, b) with h the largest power of two below b - a.
/// Its sum is left + right, in that order. The tree depends on M alone, so the sum's bits do not depend on who computed which part.
/// </remarks>
public static class SlotTree
{
    /// <summary>Where a node of more than one slot splits.</summary>
    public static int Middle(SlotRange node)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(node.Count, 2);
        return node.First + (1 << System.Numerics.BitOperations.Log2((uint)(node.Count - 1)));
    }

    /// <summary>Shares M slots out to W ranks as contiguous ranges whose sizes differ by at most one, the larger ones first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are more ranks than slots, or none.</exception>
    public static IReadOnlyList<SlotRange> Share(int slots, int worldSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(worldSize, slots);
        var shares = new SlotRange[worldSize];
        var first = 0;
        for (var rank = 0; rank < worldSize; rank++)
        {
            var count = (slots / worldSize) + (rank < slots % worldSize ? 1 : 0);
            shares[rank] = new SlotRange(first, first + count);
            first += count;
        }

        return shares;
    }

    /// <summary>The largest nodes of the tree over <paramref name="slots"/> slots that lie in a share, in slot order.</summary>
    /// <remarks>A rank sums these nodes by itself; at most 2 log2(M) of them.</remarks>
    public static IReadOnlyList<SlotRange> Nodes(int slots, SlotRange share)
    {
        var nodes = new List<SlotRange>();
        Collect(new SlotRange(0, slots), share, nodes);
        return nodes;
    }

    private static void Collect(SlotRange node, SlotRange share, List<SlotRange> nodes)
    {
        if (node.First >= share.End || node.End <= share.First)
        {
            return;
        }

        if (node.First >= share.First && node.End <= share.End)
        {
            nodes.Add(node);
            return;
        }

        var middle = Middle(node);
        Collect(new SlotRange(node.First, middle), share, nodes);
        Collect(new SlotRange(middle, node.End), share, nodes);
    }
}
