using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
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

    // LOAD_TEST_SECONDS shortens or lengthens it.
    [Fact]
    [Trait("Length", "long")]
    public void Minutes_of_training_under_continuous_collections_do_no_harm() =>
        TrainUnderCollections(TimeSpan.FromSeconds(
            int.TryParse(Environment.GetEnvironmentVariable("LOAD_TEST_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 600));

    [Fact]
    public void Four_threads_that_fail_at_once_get_their_own_errors()
    {
        var problems = new ConcurrentQueue<string>();
        var threads = Enumerable.Range(0, 4).Select(i => new Thread(() => Fail(70 + i, problems))).ToList();

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Empty(problems);
    }

    private static void Fail(long size, ConcurrentQueue<string> problems)
    {
        using var scope = NewDisposeScope();
        var x = ones([2, 3], requires_grad: true);
        for (var i = 0; i < 200; i++)
        {
            var native = Record.Exception(() => x.view(size));
            if (native is not ExternalException || !native.Message.Contains($"[{size}]", StringComparison.Ordinal))
            {
                problems.Enqueue($"view: {native}");
            }

            var managed = Record.Exception(() => Failing.apply(x, (object)size).sum().backward());
            if (managed is not InvalidTimeZoneException || managed.Message != $"{size}")
            {
                problems.Enqueue($"backward: {managed}");
            }
        }
    }

    // A thread of each kind: one leaves every wrapper to the collector, one has a scope to a step; collections run all the time.
    private static void TrainUnderCollections(TimeSpan length)
    {
        var expected = Train(3);
        var live = Tensor.TotalCount;
        using var stop = new CancellationTokenSource(length);
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        var wrong = 0;
        var scoped = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Interlocked.Add(ref wrong, Train(3).Equals(expected) ? 0 : 1);
            }
        });
        collector.Start();
        scoped.Start();
        while (!stop.IsCancellationRequested)
        {
            Interlocked.Add(ref wrong, Loss(3).Equals(expected) ? 0 : 1);
        }

        collector.Join();
        scoped.Join();
        Assert.Equal(0, wrong);
        for (var i = 0; i < 100 && Tensor.TotalCount > live; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        // What this method still holds in its own frame may stay.
        Assert.InRange(Tensor.TotalCount - live, long.MinValue, 100);
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

    private sealed class Failing : autograd.SingleTensorFunction<Failing>
    {
        public override string Name => nameof(Failing);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_data("size", vars[1]);
            return ((Tensor)vars[0]).mul(2);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
            throw new InvalidTimeZoneException($"{ctx.get_data("size")}");
    }
}
