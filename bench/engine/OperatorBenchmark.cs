using static TorchSharp.torch;

namespace Orchestrator.Bench.Engine;

/// <summary>
/// Nanoseconds of processor time per operator from C#, collections included, in the same rounds as operators.cpp and
/// operators.py; run.sh prints them side by side.
/// </summary>
internal static class OperatorBenchmark
{
    public static int Run(IReadOnlyList<string> sizes)
    {
        set_num_threads(1);
        foreach (var size in sizes.Count == 0 ? [4, 64, 256, 512] : sizes.Select(long.Parse))
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
        for (var round = 0; round < 3; round++)
        {
            var count = 0;
            var start = Environment.CpuUsage.TotalTime;
            TimeSpan taken;
            do
            {
                for (var i = 0; i < 100; i++)
                {
                    body();
                }

                count += 100;
                taken = Environment.CpuUsage.TotalTime - start;
            }
            while (taken < TimeSpan.FromMilliseconds(50));
            best = Math.Min(best, taken.TotalNanoseconds / count);
        }

        return best;
    }
}
