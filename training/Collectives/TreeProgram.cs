using Orchestrator.Core.Plans;
using Orchestrator.Training.Native;

namespace Orchestrator.Training.Collectives;

/// <summary>The additions that sum partial sums along the canonical tree, for <see cref="Kernels.TreeSum"/>.</summary>
public static class TreeProgram
{
    /// <summary>The additions that turn the sums of nodes into the root's; the root's sum ends in part 0.</summary>
    /// <param name="slots">M.</param>
    /// <param name="nodes">Nodes of the tree in slot order that cover every slot once: all ranks' <see cref="SlotTree.Nodes"/>, rank by rank. Part i is the sum of node i.</param>
    /// <exception cref="ArgumentException">The nodes do not cover the slots once, in order, as nodes of the tree.</exception>
    public static Addition[] Additions(int slots, IReadOnlyList<SlotRange> nodes)
    {
        var additions = new List<Addition>();
        var next = 0;
        Visit(new SlotRange(0, slots), nodes, additions, ref next);
        return next == nodes.Count ? [.. additions] : throw Misfit();
    }

    // Returns the part that holds the node's sum.
    private static int Visit(SlotRange node, IReadOnlyList<SlotRange> nodes, List<Addition> additions, ref int next)
    {
        if (next < nodes.Count && nodes[next] == node)
        {
            return next++;
        }

        if (node.Count < 2)
        {
            throw Misfit();
        }

        var middle = SlotTree.Middle(node);
        var left = Visit(new SlotRange(node.First, middle), nodes, additions, ref next);
        var right = Visit(new SlotRange(middle, node.End), nodes, additions, ref next);
        additions.Add(new Addition(left, right));
        return left;
    }

    private static ArgumentException Misfit() => new("The nodes do not cover the slots once, in order, as nodes of the tree.");
}
