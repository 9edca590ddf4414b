using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Bench.Grpc.Protos;

namespace Orchestrator.Bench.Grpc;

/// <summary>Calls the benchmark's service as fast as it answers; bench/peers/grpc_echo.py does the same.</summary>
internal sealed class EchoLoad
{
    /// <summary>Messages of one pour.</summary>
    private const int Poured = 1000;

    private static readonly Message s_message = new() { Body = ByteString.CopyFrom(new byte[100]) };
    private readonly Echo.EchoClient _client;

    private EchoLoad(Echo.EchoClient client) => _client = client;

    /// <summary>Measures each kind of call, after as long a warm-up of all of them, and prints a JSON object for each: name, calls or messages a second, microseconds.</summary>
    /// <param name="address">The server.</param>
    /// <param name="server">Its process, whose processor time counts with this one's.</param>
    /// <param name="span">How long each is measured for.</param>
    public static async Task RunAsync(string address, int server, TimeSpan span)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var load = new EchoLoad(new Echo.EchoClient(channel));
        (string, int, Func<TimeSpan, List<double>, Task<long>>)[] kinds =
        [
            ("unary, one at a time", 1, load.UnaryAsync),
            ("unary, 16 at once", 16, load.UnaryAsync),
            ("chat, one at a time", 1, load.ChatAsync),
            ("chat, 16 streams", 16, load.ChatAsync),
            ("server streaming", 1, load.PourAsync),
        ];
        foreach (var (_, lanes, lane) in kinds)
        {
            await MeasureAsync(lanes, span, lane);
        }

        foreach (var (name, lanes, lane) in kinds)
        {
            var before = ProcessorTime(server);
            var (count, rate, latencies) = await MeasureAsync(lanes, span, lane);
            var spent = ProcessorTime(server) - before;
            latencies.Sort();
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                name,
                per_second = Math.Round(rate),
                processor = Math.Round(spent.TotalMicroseconds / count, 1),
                p50 = latencies.Count > 0 ? Math.Round(latencies[latencies.Count / 2], 1) : (double?)null,
                p99 = latencies.Count > 0 ? Math.Round(latencies[latencies.Count * 99 / 100], 1) : (double?)null,
            }));
        }
    }

    // Of this process and the server's.
    private static TimeSpan ProcessorTime(int server)
    {
        using var other = Process.GetProcessById(server);
        return Environment.CpuUsage.TotalTime + other.TotalProcessorTime;
    }

    private static async Task<(long Count, double Rate, List<double> Latencies)> MeasureAsync(int lanes, TimeSpan span, Func<TimeSpan, List<double>, Task<long>> lane)
    {
        var latencies = Enumerable.Range(0, lanes).Select(_ => new List<double>(1 << 16)).ToList();
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(latencies.Select(list => Task.Run(() => lane(span, list))));
        var count = counts.Sum();
        return (count, count / Stopwatch.GetElapsedTime(start).TotalSeconds, [.. latencies.SelectMany(list => list)]);
    }

    private async Task<long> UnaryAsync(TimeSpan span, List<double> latencies)
    {
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < span)
        {
            var start = Stopwatch.GetTimestamp();
            await _client.UnaryAsync(s_message);
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        return latencies.Count;
    }

    private async Task<long> ChatAsync(TimeSpan span, List<double> latencies)
    {
        using var call = _client.Chat();
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < span)
        {
            var start = Stopwatch.GetTimestamp();
            await call.RequestStream.WriteAsync(s_message);
            await call.ResponseStream.MoveNext();
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        await call.RequestStream.CompleteAsync();
        return latencies.Count;
    }

    private async Task<long> PourAsync(TimeSpan span, List<double> latencies)
    {
        var request = new Message { Body = ByteString.CopyFromUtf8(Poured.ToString(CultureInfo.InvariantCulture)) };
        var count = 0L;
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < span)
        {
            using var call = _client.Pour(request);
            while (await call.ResponseStream.MoveNext())
            {
                count++;
            }
        }

        return count;
    }
}
