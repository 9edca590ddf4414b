using Orchestrator.Core.Data;
using Xunit;

namespace Orchestrator.Tests.Core.Data;

public sealed class StepSamplesTests
{
    [Fact]
    public void Steps_follow_each_other_without_a_gap_over_epochs()
    {
        var expected = (Epoch: 0L, Index: 0L);
        for (var step = 1; step <= 50; step++)
        {
            foreach (var range in StepSamples.Of(step, 8, 19))
            {
                Assert.Equal(expected, (range.Epoch, range.First));
                Assert.InRange(range.First + range.Count, 1, 19);
                expected = range.First + range.Count == 19 ? (range.Epoch + 1, 0) : (range.Epoch, range.First + range.Count);
            }

            Assert.Equal(8, StepSamples.Of(step, 8, 19).Sum(r => r.Count));
        }

        Assert.Equal((21, 1), expected);
    }

    [Fact]
    public void A_step_larger_than_the_corpus_takes_several_epochs() =>
        Assert.Equal(
            [new SampleRange(2, 1, 2), new SampleRange(3, 0, 3), new SampleRange(4, 0, 2)],
            StepSamples.Of(2, 7, 3));

    [Fact]
    public void An_offset_is_found_in_its_range()
    {
        var ranges = StepSamples.Of(2, 7, 3);
        Assert.Equal((2, 1), StepSamples.Locate(ranges, 0));
        Assert.Equal((3, 0), StepSamples.Locate(ranges, 2));
        Assert.Equal((4, 1), StepSamples.Locate(ranges, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => StepSamples.Locate(ranges, 7));
    }

    [Fact]
    public void The_first_step_is_one() => Assert.Throws<ArgumentOutOfRangeException>(() => StepSamples.Of(0, 7, 3));

    [Fact]
    public void All_microbatches_but_the_last_are_full()
    {
        SampleRange[] ranges = [new(0, 5, 4), new(1, 0, 3)];

        Assert.Equal([3, 3, 1], Enumerable.Range(0, 3).Select(slot => StepSamples.RowsOf(ranges, slot, rows: 3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => StepSamples.RowsOf(ranges, slot: 3, rows: 3));
    }

    [Fact]
    public void A_microbatchs_ranges_are_a_part_of_the_steps_over_the_end_of_an_epoch_too()
    {
        SampleRange[] ranges = [new(0, 5, 4), new(1, 0, 3)];

        Assert.Equal([new(0, 5, 3)], StepSamples.OfSlot(ranges, slot: 0, rows: 3));
        Assert.Equal([new(0, 8, 1), new(1, 0, 2)], StepSamples.OfSlot(ranges, slot: 1, rows: 3));
        Assert.Equal([new(1, 2, 1)], StepSamples.OfSlot(ranges, slot: 2, rows: 3));
    }
}
