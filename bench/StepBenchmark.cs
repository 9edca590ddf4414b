using System.Diagnostics;
using System.Text.Json;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using Orchestrator.Training.Optim;
using TorchSharp;

namespace Orchestrator.Bench;

/// <summary>Seconds of a training step in one process: forward, backward, Adafactor.</summary>
internal static class StepBenchmark
{
    private const int Rows = 8;
    private const int InputLength = 256;
    private const int TargetLength = 64;

    /// <summary>Measures and prints.</summary>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var threads = Number(arguments, "--threads", 1);
        var steps = Number(arguments, "--steps", 10);
        var warmup = Number(arguments, "--warmup", 3);
        var layers = Number(arguments, "--layers", 4);
        torch.set_num_threads(threads);
        Kernels.Threads = threads;

        var precision = arguments.Contains("--bf16") ? Precision.Bf16 : Precision.Fp32;
        var (median, best, processor, loss) = Measure(layers, steps, warmup, precision);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            what = "orchestrator",
            processes = 1,
            threads,
            precision = precision == Precision.Bf16 ? "bf16" : "fp32",
            step_seconds = Math.Round(median, 4),
            step_seconds_best = Math.Round(best, 4),
            processor_seconds_best = Math.Round(processor, 4),
            tokens_per_second = Math.Round(Rows * (InputLength + TargetLength) / median, 1),
            loss = Math.Round(loss, 4),
        }));
        return arguments.Contains("--no-peer") ? 0 : Peer(threads, steps, warmup, layers, precision);
    }

    private static unsafe (double Median, double Best, double Processor, double Loss) Measure(int layers, int steps, int warmup, Precision precision)
    {
        var shape = new ResolvedModel(
            Vocabulary: 8192, DModel: 256, DFf: 1024, DKv: 64, Heads: 4, layers, layers, FeedForwardKind.GatedGelu, TiedEmbeddings: false,
            RelativeBuckets: 32, RelativeDistance: 128, Dropout: 0.0);
        using var model = new T5Model(shape, device: null, precision);
        model.Initialise(1);
        using var optimizer = new Adafactor(model.Parameters, new OptimizerSpec());
        var random = new Random(1);
        var times = new List<double>();
        var processor = double.MaxValue;
        var loss = 0.0;
        for (var step = 1; step <= warmup + steps; step++)
        {
            var batch = new TokenBatch(Rows, InputLength, TargetLength, Draw(random, InputLength), Draw(random, TargetLength));
            var spent = Environment.CpuUsage.TotalTime;
            var begin = Stopwatch.GetTimestamp();
            model.Parameters.ZeroGradients();
            var sums = model.ForwardBackward(batch, 1e-4, dropoutSeed: step);
            optimizer.Step(model.Parameters.Gradients, 1f / sums.Tokens, 0.01, step);
            if (step > warmup)
            {
                times.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
                processor = Math.Min(processor, (Environment.CpuUsage.TotalTime - spent).TotalSeconds);
            }

            loss = sums.Total / sums.Tokens;
        }

        times.Sort();
        return (times[times.Count / 2], times[0], processor, loss);
    }

    /// <summary>Runs the peer with the same settings; it prints its own line.</summary>
    private static int Peer(int threads, int steps, int warmup, int layers, Precision precision)
    {
        const string python = "/usr/bin/python3";
        var script = Path.Combine(AppContext.BaseDirectory, "peers", "t5_pytorch.py");
        if (!File.Exists(python))
        {
            return 0;
        }

        using var peer = Process.Start(new ProcessStartInfo(python, [script, "--threads", $"{threads}", "--steps", $"{steps}", "--warmup", $"{warmup}", "--layers", $"{layers}", .. precision == Precision.Bf16 ? ["--bf16"] : Array.Empty<string>()])
        {
            Environment = { ["OMP_NUM_THREADS"] = $"{threads}" },
        })!;
        peer.WaitForExit();
        return peer.ExitCode;
    }

    private static long[] Draw(Random random, int length) => [.. Enumerable.Range(0, Rows * length).Select(_ => random.NextInt64(2, 8192))];

    private static int Number(IReadOnlyList<string> arguments, string name, int otherwise)
    {
        for (var i = 0; i + 1 < arguments.Count; i++)
        {
            if (arguments[i] == name)
            {
                return int.Parse(arguments[i + 1]);
            }
        }

        return otherwise;
    }
}
