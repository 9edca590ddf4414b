using System.Diagnostics;
using static TorchSharp.torch;

namespace Orchestrator.Bench.Engine;

/// <summary>Nanoseconds per operator from C#, in the same rounds as operators.cpp and operators.py; run.sh prints them side by side.</summary>
internal static class OperatorBenchmark
{
    public static int Run()
    {
        set_num_threads(1);
        foreach (var size in (long[])[4, 64, 256, 512])
        {
            using var x = ones(size, size);
            using var y = ones(size, size);
            using var z = ones(size, size);
            using var leaf = ones(size, size, requires_grad: true);
            Tensor[] both = [x, y];
            Report("add", size, () => (x + y).Dispose());
            Report("add_grad", size, () => (leaf + y).Dispose());
            Report("mul_", size, () => z.mul_(y));
            Report("exp", size, () => x.exp().Dispose());
            Report("softmax", size, () => x.softmax(-1).Dispose());
            Report("sum_dim", size, () => x.sum(dim: 1).Dispose());
            Report("view", size, () => x.view(size * size).Dispose());
            Report("transpose", size, () => x.transpose(0, 1).Dispose());
            Report("matmul", size, () => x.matmul(y).Dispose());
            Report("cat", size, () => cat(both, 0).Dispose());
        }

        return 0;
    }

    private static void Report(string name, long size, Action body) =>
        Console.WriteLine($"{name} {size} {Nanoseconds(body):F0}");

    private static double Nanoseconds(Action body)
    {
        for (var i = 0; i < 3000; i++)
        {
            body();
        }

        var best = double.MaxValue;
        for (var round = 0; round < 7; round++)
        {
            var count = 0;
            var start = Stopwatch.GetTimestamp();
            TimeSpan taken;
            do
            {
                for (var i = 0; i < 20; i++)
                {
                    body();
                }

                count += 20;
                taken = Stopwatch.GetElapsedTime(start);
            }
            while (taken < TimeSpan.FromMilliseconds(60));
            best = Math.Min(best, taken.TotalNanoseconds / count);
        }

        return best;
    }
}
