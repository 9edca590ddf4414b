using System.Diagnostics;
using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Generation;
using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using TorchSharp;

namespace Orchestrator.Bench;

/// <summary>Tokens a second of greedy generation: keys and values kept, beside the whole sequence computed again for every token.</summary>
internal static class GenerateBenchmark
{
    /// <summary>Measures both on the same inputs and prints their ratio.</summary>
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
        using var model = new T5Model(options.Shape);
        model.Initialise(1);
        var (rows, length) = (options["batch"], options["targets"]);
        var random = new Random(1);
        long[] inputs = [.. Enumerable.Range(0, rows * options["inputs"]).Select(_ => random.NextInt64(2, options["vocabulary"]))];
        var once = new GenerationOptions { MaxTokens = length, StopAtEnd = false };

        _ = SequenceGenerator.Generate(model, inputs, rows, once with { MaxTokens = 2 });
        var encoder = Time(() => model.StartDecoding(inputs, rows).Dispose());
        IReadOnlyList<GeneratedSequence> kept = [];
        var cached = Time(() => kept = SequenceGenerator.Generate(model, inputs, rows, once)) - encoder;
        List<long>[] again = [];
        // The whole model runs for every token there; a decoder alone would not read the input again.
        var uncached = Time(() => again = Recompute(model, inputs, rows, length)) - (encoder * length);

        Console.WriteLine(JsonSerializer.Serialize(new
        {
            what = "generate",
            threads = options["threads"],
            parameters = model.Parameters.ParameterCount,
            rows,
            tokens = length,
            cached_tokens_per_second = Math.Round(rows * length / cached.Wall, 1),
            uncached_tokens_per_second = Math.Round(rows * length / uncached.Wall, 1),
            cached_tokens_per_processor_second = Math.Round(rows * length / cached.Processor, 1),
            uncached_tokens_per_processor_second = Math.Round(rows * length / uncached.Processor, 1),
            ratio = Math.Round(uncached.Processor / cached.Processor, 2),
            same_tokens = kept.Select((row, i) => row.Tokens.SequenceEqual(again[i])).All(same => same),
        }));
        return 0;
    }

    private static Seconds Time(Action action)
    {
        var spent = Environment.CpuUsage.TotalTime;
        var begin = Stopwatch.GetTimestamp();
        action();
        return new Seconds(Stopwatch.GetElapsedTime(begin).TotalSeconds, (Environment.CpuUsage.TotalTime - spent).TotalSeconds);
    }

    private static List<long>[] Recompute(T5Model model, long[] inputs, int rows, int length)
    {
        var tokens = Enumerable.Range(0, rows).Select(_ => new List<long>()).ToArray();
        using var encoderInputs = torch.tensor(inputs, [rows, inputs.Length / rows]);
        for (var position = 0; position < length; position++)
        {
            using var scope = torch.NewDisposeScope();
            // The last target is not read: position t sees those before it.
            long[] targets = [.. tokens.SelectMany(row => row.Append(2L))];
            var logits = model.forward(encoderInputs, torch.tensor(targets, [rows, position + 1]));
            var best = logits.select(1, position).argmax(1);
            for (var row = 0; row < rows; row++)
            {
                tokens[row].Add(best.data<long>()[row]);
            }
        }

        return tokens;
    }

    private readonly record struct Seconds(double Wall, double Processor)
    {
        public static Seconds operator -(Seconds left, Seconds right) => new(left.Wall - right.Wall, left.Processor - right.Processor);

        public static Seconds operator *(Seconds left, double factor) => new(left.Wall * factor, left.Processor * factor);
    }
}
