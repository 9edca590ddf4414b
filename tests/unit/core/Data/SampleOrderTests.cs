using Orchestrator.Core.Data;
using Xunit;

namespace Orchestrator.Tests.Core.Data;

public sealed class SampleOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(97)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(1000)]
    [InlineData(1021)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(104_729)]
    public void Every_epoch_is_a_permutation(int count)
    {
        foreach (var (seed, epoch) in new[] { (0L, 0L), (1, 0), (1, 1), (-7, 12) })
        {
            var order = new SampleOrder(seed, count);
            var seen = new bool[count];
            for (var i = 0; i < count; i++)
            {
                var sample = order.At(epoch, i);
                Assert.False(seen[sample], $"sample {sample} came twice");
                Assert.Equal(i, order.PositionOf(epoch, sample));
                seen[sample] = true;
            }
        }
    }

    [Fact]
    public void Every_size_up_to_three_hundred_is_permuted()
    {
        for (var count = 1; count <= 300; count++)
        {
            var order = new SampleOrder(count, count);
            Assert.Equal(count, Enumerable.Range(0, count).Select(i => order.At(3, i)).Distinct().Count());
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(64)]
    [InlineData(100)]
    public void Over_many_epochs_each_sample_is_equally_likely_at_each_position(int count)
    {
        // Chi-square of sample x position counts; (count - 1)^2 degrees of freedom, six standard deviations allowed.
        const int Epochs = 20_000;
        var order = new SampleOrder(17, count);
        var counts = new int[count, count];
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            for (var i = 0; i < count; i++)
            {
                counts[i, order.At(epoch, i)]++;
            }
        }

        var expected = Epochs / (double)count;
        var chiSquare = counts.Cast<int>().Sum(c => (c - expected) * (c - expected) / expected);
        var freedom = (count - 1.0) * (count - 1.0);
        Assert.InRange(chiSquare, freedom - (6 * Math.Sqrt(2 * freedom)), freedom + (6 * Math.Sqrt(2 * freedom)));
    }

    [Fact]
    public void Neighbours_land_apart_as_chance_would_have_it()
    {
        // Distance of successive samples in 64 bins; for a random permutation it has the triangular distribution.
        const long Count = 1_000_003;
        var order = new SampleOrder(23, Count);
        var bins = new double[64];
        const int Draws = 400_000;
        for (var i = 0; i < Draws; i++)
        {
            var distance = ((order.At(0, i + 1) - order.At(0, i)) + Count) % Count;
            bins[distance * 64 / Count]++;
        }

        var expected = Draws / 64.0;
        var chiSquare = bins.Sum(c => (c - expected) * (c - expected) / expected);
        Assert.InRange(chiSquare, 63 - (6 * Math.Sqrt(126)), 63 + (6 * Math.Sqrt(126)));
    }

    [Fact]
    public void Ten_billion_samples_need_no_table()
    {
        var order = new SampleOrder(1, 10_000_000_000);
        Assert.InRange(order.At(5, 9_999_999_999), 0, 9_999_999_999);
        Assert.NotEqual(order.At(5, 0), order.At(5, 1));
    }

    [Fact]
    public void The_order_is_fixed_for_all_time()
    {
        var order = new SampleOrder(1, 10);
        Assert.Equal(Fixed, Enumerable.Range(0, 10).Select(i => order.At(0, i)));
    }

    [Fact]
    public void Positions_outside_the_epoch_are_refused()
    {
        var order = new SampleOrder(1, 10);
        Assert.Throws<ArgumentOutOfRangeException>(() => order.At(0, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => order.At(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => order.At(-1, 0));
    }

    private static long[] Fixed => [7, 9, 2, 3, 8, 4, 0, 6, 1, 5];
}
