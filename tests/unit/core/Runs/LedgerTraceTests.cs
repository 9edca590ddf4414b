using Orchestrator.Core.Data;
using Orchestrator.Core.Runs;
using Xunit;

namespace Orchestrator.Tests.Core.Runs;

public sealed class LedgerTraceTests
{
    private const long PerStep = 6;
    private const long PerEpoch = 20;

    [Fact]
    public void Samples_are_found_at_the_steps_that_consumed_them_over_the_ends_of_epochs()
    {
        long[] wanted = [3, 4, 11, 19];
        var order = new SampleOrder(5, PerEpoch);
        var lines = Enumerable.Range(1, 12).Select(step => new LedgerLine(step + 1, step, StepSamples.Of(step, PerStep, PerEpoch), null, "", "")).ToList();

        var found = LedgerTrace.Find(lines, epoch => [.. wanted.Select(sample => order.PositionOf(epoch, sample)).Order()]).ToList();

        var expected =
            from line in lines
            from offset in Enumerable.Range(0, (int)PerStep)
            let place = StepSamples.Locate(line.Samples, offset)
            where wanted.Contains(order.At(place.Epoch, place.Index))
            select new ConsumedSample(line.Step, place.Epoch, place.Index, offset);
        Assert.Equal(expected, found);
        Assert.Equal(4 * 3, found.Count(sample => sample.Epoch < 3));
    }

    [Fact]
    public void Positions_are_asked_for_once_an_epoch()
    {
        var asked = new List<long>();
        var lines = Enumerable.Range(1, 10).Select(step => new LedgerLine(step + 1, step, StepSamples.Of(step, PerStep, PerEpoch), null, "", ""));

        Assert.Empty(LedgerTrace.Find(lines, epoch =>
        {
            asked.Add(epoch);
            return [];
        }));
        Assert.Equal([0, 1, 2], asked);
    }
}
