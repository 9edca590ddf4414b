using Orchestrator.Core.Checkpoints;
using Xunit;

namespace Orchestrator.Tests.Core.Checkpoints;

public sealed class ShardPlanTests
{
    [Fact]
    public void Files_are_filled_in_name_order_up_to_the_limit_and_a_large_tensor_has_its_own()
    {
        var shards = ShardPlan.Make([("d", 5), ("a", 6), ("c", 30), ("b", 4)], maxBytes: 10);
        Assert.Equal<string[]>([["a", "b"], ["c"], ["d"]], shards.Select(shard => shard.ToArray()));
    }

    [Fact]
    public void Upper_case_comes_before_lower_case_whatever_the_culture() =>
        Assert.Equal(["B", "_", "a"], ShardPlan.Make([("a", 1), ("_", 1), ("B", 1)], 100)[0]);

    [Fact]
    public void No_tensors_make_one_empty_file() => Assert.Empty(Assert.Single(ShardPlan.Make([], 10)));
}
