using System.Diagnostics;
using System.Text.Json;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using Orchestrator.Training.Optim;
using TorchSharp;

namespace Orchestrator.Bench;

/// <summary>Seconds of a training step in one process: forward, backward, update.</summary>
internal static class StepBenchmark
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Measures and prints, beside the peer.</summary>
    public static int Run(IReadOnlyList<string> arguments)
    {
        StepOptions options;
        try
        {
            options = new StepOptions(arguments);
        }
        catch (FormatException error)
        {
            Console.Error.WriteLine(error.Message);
            return 2;
        }

        torch.set_num_threads(options["threads"]);
        Kernels.Threads = options["threads"];
        Measure(options);
        return options.WithPeer && File.Exists(Python) ? Peer(options) : 0;
    }

    private static unsafe void Measure(StepOptions options)
    {
        using var model = LanguageModels.Create(options.Shape, device: null, options.Bf16 ? Precision.Bf16 : Precision.Fp32);
        model.Initialise(1);
        using var optimizer = OptimizerFactory.Create(model.Parameters, new OptimizerSpec { Kind = options.IsDecoder ? OptimizerKind.Adamw : OptimizerKind.Adafactor });
        var random = new Random(1);
        var times = new List<double>();
        var processor = double.MaxValue;
        var loss = 0.0;
        for (var step = 1; step <= options["warmup"] + options["steps"]; step++)
        {
            var batch = new TokenBatch(options["batch"], options["inputs"], options["targets"], Draw(options["inputs"]), Draw(options["targets"]));
            var spent = Environment.CpuUsage.TotalTime;
            var begin = Stopwatch.GetTimestamp();
            model.Parameters.ZeroGradients();
            var sums = model.ForwardBackward(batch, new LossOptions(1e-4), dropoutSeed: step);
            optimizer.Step(model.Parameters.Gradients, 1f / sums.Tokens, options.IsDecoder ? 0.001 : 0.01, step);
            if (step > options["warmup"])
            {
                times.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
                processor = Math.Min(processor, (Environment.CpuUsage.TotalTime - spent).TotalSeconds);
            }

            loss = sums.Total / sums.Tokens;
        }

        times.Sort();
        var median = times[times.Count / 2];
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            what = "orchestrator",
            processes = 1,
            threads = options["threads"],
            precision = options.Bf16 ? "bf16" : "fp32",
            parameters = model.Parameters.ParameterCount,
            step_seconds = Math.Round(median, 4),
            step_seconds_best = Math.Round(times[0], 4),
            processor_seconds_best = Math.Round(processor, 4),
            tokens_per_second = Math.Round(options["batch"] * (options["inputs"] + options["targets"]) / median, 1),
            loss = Math.Round(loss, 4),
        }));

        long[] Draw(int length) => [.. Enumerable.Range(0, options["batch"] * length).Select(_ => random.NextInt64(2, options["vocabulary"]))];
    }

    /// <summary>Runs the peer with the same settings; it prints its own line.</summary>
    private static int Peer(StepOptions options)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "peers", options.IsDecoder ? "gpt_pytorch.py" : "t5_pytorch.py");
        using var peer = Process.Start(new ProcessStartInfo(Python, [script, .. options.ForPeer])
        {
            Environment = { ["OMP_NUM_THREADS"] = $"{options["threads"]}" },
        })!;
        peer.WaitForExit();
        return peer.ExitCode;
    }
}
