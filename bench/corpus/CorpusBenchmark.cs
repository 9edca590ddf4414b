using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Plans;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Bench.Corpora;

/// <summary>The corpus's parts, each in a process of its own; bench/corpus.sh runs them and makes the table.</summary>
/// <remarks>Rates are bytes a second of processor time, so that a busy machine does not blur them.</remarks>
internal static class CorpusBenchmark
{
    public static int Run(string[] args)
    {
        switch (args)
        {
            case ["pages", var cleaned, var output]:
                WritePages(cleaned, output);
                return 0;
            case ["wet", var pages, var output, var megabytes]:
                WriteArchive(pages, output, long.Parse(megabytes, CultureInfo.InvariantCulture) << 20);
                return 0;
            case ["tokenise", var model, var pages]:
                Tokenise(model, pages);
                return 0;
            case ["clean", var input, var output]:
                Say("clean", () => CorpusBuilder.CleanPart(Request(input, output) with { Part = 0, Parts = 1, Threads = 1 }, _ => { }, CancellationToken.None));
                return 0;
            case ["build", var input, var output, var model]:
                Say("build", () => CorpusBuilder.Build(Request(input, output) with { Vocabulary = model }, _ => { }, CancellationToken.None));
                return 0;
            case ["order"]:
                Order();
                return 0;
            case ["stall", var corpus, var milliseconds]:
                Stall(corpus, TimeSpan.FromMilliseconds(double.Parse(milliseconds, CultureInfo.InvariantCulture)));
                return 0;
            default:
                Console.Error.WriteLine("usage: bench/corpus.sh");
                return 2;
        }
    }

    private static CorpusBuildRequest Request(string input, string output) => new() { Inputs = [input], Out = output, MemoryMegabytes = 64 };

    private static double ProcessorSeconds => Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;

    /// <summary>Prints processor seconds and the greatest memory of this process, megabytes.</summary>
    private static void Say(string what, Action action)
    {
        var start = ProcessorSeconds;
        action();
        var seconds = ProcessorSeconds - start;
        var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} {seconds:0.00} {long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024}"));
    }

    private static void WritePages(string cleaned, string output)
    {
        using var pages = File.Create(output);
        foreach (var file in Directory.EnumerateFiles(cleaned, "c4-*.json.gz").Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            while (reader.ReadLine() is { } line)
            {
                using var record = JsonDocument.Parse(line);
                pages.Write(Encoding.UTF8.GetBytes(record.RootElement.GetProperty("text").GetString()!));
                pages.WriteByte(0);
            }
        }
    }

    /// <summary>A WET archive of so many bytes of text: lines of real pages in a shuffled order, each made unlike all others by a number; menus between them.</summary>
    private static void WriteArchive(string pages, string output, long bytes)
    {
        var lines = File.ReadAllText(pages).Split(['\n', '\0'], StringSplitOptions.RemoveEmptyEntries);
        using var file = File.Create(output);
        var written = 0L;
        for (var page = 0UL; written < bytes; page++)
        {
            var text = new StringBuilder();
            for (var i = 0UL; i < 40; i++)
            {
                var line = lines[SeededRandom.Combine(page, i) % (ulong)lines.Length];
                text.Append(i % 4 == 3 ? $"Menu entry {i}\n" : $"Item {page * 40 + i}: {line}\n");
            }

            var body = Encoding.UTF8.GetBytes(text.ToString());
            using var member = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true);
            member.Write(Encoding.UTF8.GetBytes($"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: http://example.org/{page}\r\nContent-Length: {body.Length}\r\n\r\n"));
            member.Write(body);
            member.Write("\r\n\r\n"u8);
            written += body.Length;
        }
    }

    private static void Tokenise(string model, string path)
    {
        using var tokenizer = Tokenizer.Load(model);
        var pages = File.ReadAllText(path).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        // Once unmeasured: the runtime compiles what is used often, which a corpus of any size pays for once.
        const int Times = 4;
        long Encode() => pages.Sum(page => (long)tokenizer.Encode(page).Length);
        var tokens = Encode();
        var start = ProcessorSeconds;
        for (var time = 0; time < Times; time++)
        {
            Encode();
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(ProcessorSeconds - start) / Times} {tokens}"));
    }

    private static void Order()
    {
        const long Samples = 10_000_000_000;
        // So that compiling the code is not timed.
        _ = new SampleOrder(1, 97).At(0, 0);
        var clock = Stopwatch.StartNew();
        var first = new SampleOrder(1, Samples).At(3, Samples - 1);
        var opened = clock.Elapsed;
        var order = new SampleOrder(2, Samples);
        var sum = first;
        const int Positions = 1_000_000;
        clock.Restart();
        for (var i = 0L; i < Positions; i++)
        {
            sum += order.At(0, i * 9973);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{opened.TotalMilliseconds:0.0000} {clock.Elapsed.TotalNanoseconds / Positions:0} {sum & 1}"));
    }

    /// <summary>Takes microbatches as a training loop does, with a busy core in the place of the computation; prints the share of time waited and microseconds a sample.</summary>
    private static void Stall(string corpus, TimeSpan step)
    {
        const int Steps = 100;
        const int Slots = 4;
        const int Rows = 8;
        var spec = new RunSpec { Data = new DataSpec { Corpus = corpus }, Batch = new BatchSpec { Microbatches = Slots, Microbatch = Rows } };
        using var data = TrainingData.Open(spec);
        using var input = new InputPipeline(data.Train);
        var (waited, clock) = (TimeSpan.Zero, new Stopwatch());
        for (var number = 1L; number <= Steps + 1; number++)
        {
            input.Enqueue(number, StepSamples.Of(number, Slots * Rows, data.Train.SampleCount), new SlotRange(0, Slots));
            input.Enqueue(number + 1, StepSamples.Of(number + 1, Slots * Rows, data.Train.SampleCount), new SlotRange(0, Slots));
            for (var slot = 0; slot < Slots; slot++)
            {
                clock.Restart();
                input.Take(number, slot, CancellationToken.None);
                // The first step starts everything.
                waited += number == 1 ? TimeSpan.Zero : clock.Elapsed;
                SpinWait.SpinUntil(() => false, step / Slots);
            }
        }

        var start = ProcessorSeconds;
        for (var number = 1L; number <= Steps; number++)
        {
            data.Train.Make(number, StepSamples.Of(number, Slots * Rows, data.Train.SampleCount), 0);
        }

        var each = (ProcessorSeconds - start) / (Steps * Rows) * 1e6;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{waited / (waited + (step * Steps)) * 100:0.00} {each:0}"));
    }
}
