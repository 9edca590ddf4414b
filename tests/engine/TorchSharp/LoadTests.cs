using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

[CollectionDefinition("Alone in the process", DisableParallelization = true)]
public sealed class AloneInTheProcess;

[Collection("Alone in the process")]
public sealed class LoadTests
{
    [Fact]
    public void Two_hundred_thousand_operations_leave_memory_as_it_was()
    {
        // The first round grows the collected heap to its usual size.
        Operations(200_000);
        var before = ResidentBytes();
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Operations(200_000);

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.InRange(ResidentBytes() - before, long.MinValue, 16L << 20);
    }

    [Fact]
    public void Four_threads_at_once_get_what_one_gets()
    {
        var expected = Train(7);
        var found = new float[4];
        var threads = Enumerable.Range(0, 4).Select(i => new Thread(() => found[i] = Train(7))).ToList();

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.All(found, value => Assert.Equal(expected, value));
    }

    [Fact]
    public void Nothing_is_collected_while_a_call_uses_it() => TrainUnderCollections(TimeSpan.FromSeconds(2));

    [Fact]
    [Trait("Length", "long")]
    public void Minutes_of_training_under_continuous_collections_do_no_harm() => TrainUnderCollections(TimeSpan.FromMinutes(5));

    // No scope and no Dispose: every wrapper is left to the collector, which runs all the time.
    private static void TrainUnderCollections(TimeSpan length)
    {
        var expected = Train(3);
        using var stop = new CancellationTokenSource(length);
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        while (!stop.IsCancellationRequested)
        {
            Assert.Equal(expected, Loss(3));
        }

        collector.Join();
    }

    private static float Train(long seed)
    {
        using var scope = NewDisposeScope();
        return Loss(seed);
    }

    private static float Loss(long seed)
    {
        using var generator = new Generator((ulong)seed);
        var w = randn([8, 8], generator: generator).requires_grad_();
        var x = randn([4, 8], generator: generator);
        var loss = 0f;
        for (var step = 0; step < 20; step++)
        {
            var y = Scaled.apply(x.matmul(w).tanh(), 0.5).matmul(w.t()).sub(x).pow(2).mean();
            y.backward();
            using (no_grad())
            {
                w.sub_(w.grad! * 0.1);
            }

            w.grad!.zero_();
            loss = y.item<float>();
        }

        return loss;
    }

    private static void Operations(int count)
    {
        using var x = ones(4);
        using var y = ones(4);
        for (var i = 0; i < count; i += 4)
        {
            using var scope = NewDisposeScope();
            var z = x + y;
            z.mul_(y);
            _ = z[0].reshape(1);
        }
    }

    private static long ResidentBytes()
    {
        var pages = File.ReadAllText("/proc/self/statm").Split(' ')[1];
        return long.Parse(pages) * Environment.SystemPageSize;
    }

    private sealed class Scaled : autograd.SingleTensorFunction<Scaled>
    {
        public override string Name => nameof(Scaled);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_data("factor", vars[1]);
            return ((Tensor)vars[0]).mul((double)vars[1]);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
            [grad_output.mul((double)ctx.get_data("factor")), null!];
    }
}
