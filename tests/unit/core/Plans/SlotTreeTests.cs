using System.Globalization;
using Orchestrator.Core.Plans;
using Xunit;

namespace Orchestrator.Tests.Core.Plans;

public sealed class SlotTreeTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 4)]
    [InlineData(6, 4)]
    [InlineData(8, 4)]
    [InlineData(9, 8)]
    public void A_node_splits_at_the_largest_power_of_two_below_its_size(int count, int left) =>
        Assert.Equal(7 + left, SlotTree.Middle(new SlotRange(7, 7 + count)));

    [Fact]
    public void A_leaf_does_not_split() => Assert.Throws<ArgumentOutOfRangeException>(() => SlotTree.Middle(new SlotRange(3, 4)));

    [Fact]
    public void Four_slots_over_three_ranks_are_shared_two_one_one() =>
        Assert.Equal([new SlotRange(0, 2), new SlotRange(2, 3), new SlotRange(3, 4)], SlotTree.Share(4, 3));

    [Fact]
    public void Shares_cover_every_slot_once_and_differ_by_one_at_most()
    {
        for (var slots = 1; slots <= 40; slots++)
        {
            for (var world = 1; world <= slots; world++)
            {
                var shares = SlotTree.Share(slots, world);
                Assert.Equal(Enumerable.Range(0, slots), shares.SelectMany(share => Enumerable.Range(share.First, share.Count)));
                Assert.InRange(shares.Max(share => share.Count) - shares.Min(share => share.Count), 0, 1);
            }
        }
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(4, 5)]
    public void More_ranks_than_slots_or_none_are_refused(int slots, int world) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SlotTree.Share(slots, world));

    [Fact]
    public void A_share_is_cut_into_its_largest_nodes_in_order() =>
        Assert.Equal(
            [new SlotRange(1, 2), new SlotRange(2, 4), new SlotRange(4, 6), new SlotRange(6, 7)],
            SlotTree.Nodes(8, new SlotRange(1, 7)));

    [Fact]
    public void Summing_the_ranks_nodes_up_the_tree_gives_the_one_expression_whatever_the_world_size()
    {
        for (var slots = 1; slots <= 33; slots++)
        {
            var expected = Sum(new SlotRange(0, slots), []);
            for (var world = 1; world <= slots; world++)
            {
                // Each rank sums its own nodes; the rest of the tree is summed over the ranks' results.
                var partials = SlotTree.Share(slots, world)
                    .SelectMany(share => SlotTree.Nodes(slots, share))
                    .ToDictionary(node => node, node => Sum(node, []));
                Assert.Equal(expected, Sum(new SlotRange(0, slots), partials));
            }
        }
    }

    private static string Sum(SlotRange node, Dictionary<SlotRange, string> partials)
    {
        if (partials.TryGetValue(node, out var partial))
        {
            return partial;
        }

        if (node.Count == 1)
        {
            return node.First.ToString(CultureInfo.InvariantCulture);
        }

        var middle = SlotTree.Middle(node);
        return $"({Sum(new SlotRange(node.First, middle), partials)}+{Sum(new SlotRange(middle, node.End), partials)})";
    }
}
