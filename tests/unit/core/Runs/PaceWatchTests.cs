using Orchestrator.Core.Runs;
using Xunit;

namespace Orchestrator.Tests.Core.Runs;

public sealed class PaceWatchTests
{
    private readonly PaceWatch _watch = new();
    private readonly List<PaceChanged> _changes = [];

    [Fact]
    public void A_rank_that_is_slow_in_two_windows_is_named_once_with_the_figures()
    {
        Windows(1, 0.010, 0.010, 0.020);
        Assert.Empty(_changes);
        Windows(3, 0.010, 0.010, 0.020);

        var change = Assert.Single(_changes);
        Assert.Equal(("w2", true, "slow: 20.0 ms a slot, the others 10.0 ms (medians of 16 steps)"), (change.WorkerId, change.Slow, change.Text));
        Assert.True(_watch.IsSlow("w2"));
        Assert.Equal(0.010, _watch.SecondsPerSlot("w0"));
    }

    [Fact]
    public void It_keeps_pace_again_only_when_it_is_clearly_faster_for_as_long()
    {
        Windows(2, 0.010, 0.010, 0.020);
        Windows(4, 0.010, 0.010, 0.013);
        Assert.True(_watch.IsSlow("w2"));
        Windows(2, 0.010, 0.010, 0.011);

        Assert.Equal([true, false], _changes.Select(change => change.Slow));
    }

    [Fact]
    public void A_bad_window_a_hiccup_and_a_difference_of_microseconds_name_nobody()
    {
        Windows(1, 0.010, 0.010, 0.030);
        Windows(1, 0.010, 0.010, 0.010);
        Windows(1, 0.010, 0.010, 0.030);
        Windows(4, 0.0010, 0.0010, 0.0025);
        Assert.Empty(_changes);
    }

    [Fact]
    public void Of_two_ranks_the_slow_one_is_named()
    {
        Windows(2, 0.030, 0.010);

        Assert.Equal("w0", Assert.Single(_changes).WorkerId);
    }

    [Fact]
    public void A_new_generation_starts_anew()
    {
        Windows(1, 0.010, 0.010, 0.030);
        _watch.Observe("a", 2, 3, "w0", 1);
        Assert.Equal(0, _watch.SecondsPerSlot("w2"));
    }

    private void Windows(int count, params double[] seconds)
    {
        for (var step = 0; step < count * PaceWatch.Window; step++)
        {
            for (var rank = 0; rank < seconds.Length; rank++)
            {
                _changes.AddRange(_watch.Observe("a", 1, seconds.Length, $"w{rank}", seconds[rank]));
            }
        }
    }
}
