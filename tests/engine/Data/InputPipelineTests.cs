using Orchestrator.Core.Data;
using Orchestrator.Core.Plans;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Objectives;
using Xunit;

namespace Orchestrator.Tests.Training.Data;

public sealed class InputPipelineTests
{
    private const int Microbatches = 6;
    private const int Rows = 4;

    [Fact]
    public void Content_does_not_depend_on_threads_capacity_or_who_takes_which_slot()
    {
        using var folder = new TemporaryFolder();
        using var stream = SmallText.Stream(folder.Path);
        var maker = Maker(stream);
        var expected = Enumerable.Range(1, 20).SelectMany(step => Enumerable.Range(0, Microbatches).Select(slot => maker.Make(step, Samples(step, maker), slot))).ToList();
        foreach (var (threads, capacity, worldSize) in new[] { (1, 1, 1), (3, 2, 2), (2, 16, 4) })
        {
            var shares = SlotTree.Share(Microbatches, worldSize);
            var got = new List<Microbatch>();
            foreach (var share in shares)
            {
                using var pipeline = new InputPipeline(maker, capacity, threads);
                for (var step = 1; step <= 20; step++)
                {
                    pipeline.Enqueue(step, Samples(step, maker), share);
                }

                for (var step = 1; step <= 20; step++)
                {
                    for (var slot = share.First; slot < share.End; slot++)
                    {
                        got.Add(pipeline.Take(step, slot, TestContext.Current.CancellationToken));
                    }
                }
            }

            foreach (var (want, have) in expected.Zip(got.OrderBy(m => m.Step).ThenBy(m => m.Slot)))
            {
                Assert.Equal((want.Step, want.Slot, want.Tokens.TargetTokens), (have.Step, have.Slot, have.Tokens.TargetTokens));
                Assert.Equal(want.Tokens.Inputs, have.Tokens.Inputs);
                Assert.Equal(want.Tokens.Targets, have.Tokens.Targets);
            }
        }
    }

    [Fact]
    public void An_epoch_shows_every_sample_exactly_once()
    {
        using var folder = new TemporaryFolder();
        using var stream = SmallText.Stream(folder.Path);
        var order = new SampleOrder(5, stream.SampleCount(100));
        Assert.Equal(Enumerable.Range(0, (int)order.Count).Select(i => (long)i), Enumerable.Range(0, (int)order.Count).Select(i => order.At(0, i)).Order());
        Assert.NotEqual(order.At(0, 0) + (1000 * order.At(0, 1)), order.At(1, 0) + (1000 * order.At(1, 1)));
    }

    [Fact]
    public void What_is_cleared_makes_room_for_what_follows()
    {
        using var folder = new TemporaryFolder();
        using var stream = SmallText.Stream(folder.Path);
        var maker = Maker(stream);
        using var pipeline = new InputPipeline(maker, capacity: 2, threads: 2);
        for (var round = 0; round < 20; round++)
        {
            for (var step = 1; step <= 5; step++)
            {
                pipeline.Enqueue(step, Samples(step, maker), new SlotRange(0, Microbatches));
            }

            pipeline.Take(1, 0, TestContext.Current.CancellationToken);
            pipeline.Clear();
            pipeline.Enqueue(1, Samples(1, maker), new SlotRange(3, 6));
            Assert.Equal(maker.Make(1, Samples(1, maker), 3).Tokens.Inputs, pipeline.Take(1, 3, TestContext.Current.CancellationToken).Tokens.Inputs);
            pipeline.Clear();
        }
    }

    [Fact]
    public async Task Taking_waits_for_the_announcement()
    {
        using var folder = new TemporaryFolder();
        using var stream = SmallText.Stream(folder.Path);
        var maker = Maker(stream);
        using var pipeline = new InputPipeline(maker);
        var taking = Task.Run(() => pipeline.Take(1, 0, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        Assert.False(taking.IsCompleted);
        pipeline.Enqueue(1, Samples(1, maker), new SlotRange(0, 1));
        Assert.Equal(maker.Make(1, Samples(1, maker), 0).Tokens.Inputs, (await taking).Tokens.Inputs);
    }

    [Fact]
    public void Asking_for_what_never_comes_ends_with_the_token()
    {
        using var folder = new TemporaryFolder();
        using var stream = SmallText.Stream(folder.Path);
        using var pipeline = new InputPipeline(Maker(stream));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => pipeline.Take(1, 0, cancelled.Token));
    }

    [Fact]
    public void A_corpus_shorter_than_one_sample_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var stream = SmallText.Stream(folder.Path);
        var error = Assert.Throws<Core.BadInputException>(
            () => new StreamRows(stream, new SpanCorruption(400, new SampleLengths(400_000, 512, 114)), seed: 1));
        Assert.Contains("shorter data.input_length", error.Message, StringComparison.Ordinal);
    }

    private static MicrobatchMaker Maker(TokenStream stream)
    {
        var lengths = SpanLengths.For(64);
        return new(new StreamRows(stream, new SpanCorruption(400, new SampleLengths(lengths.Raw, lengths.Inputs, lengths.Targets)), seed: 3), Rows, seed: 3);
    }

    private static IReadOnlyList<SampleRange> Samples(long step, MicrobatchMaker maker) =>
        StepSamples.Of(step, Microbatches * Rows, maker.SampleCount);
}
