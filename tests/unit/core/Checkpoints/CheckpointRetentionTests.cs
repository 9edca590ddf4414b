using Orchestrator.Core.Checkpoints;
using Xunit;

namespace Orchestrator.Tests.Core.Checkpoints;

public sealed class CheckpointRetentionTests
{
    [Fact]
    public void The_newest_stay_and_the_rest_goes_oldest_first() =>
        Assert.Equal([100, 200], CheckpointRetention.Removed([300, 100, 400, 200], keep: 2));

    [Fact]
    public void Fewer_than_are_kept_all_stay() => Assert.Empty(CheckpointRetention.Removed([100, 200], keep: 3));

    [Fact]
    public void A_pinned_step_stays_and_does_not_count() =>
        Assert.Equal([200], CheckpointRetention.Removed([100, 200, 300], keep: 1, pinned: [100]));

    [Fact]
    public void Keeping_none_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => CheckpointRetention.Removed([1], keep: 0));
}
