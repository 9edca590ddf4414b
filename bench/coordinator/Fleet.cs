using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Protos.V1;

namespace Orchestrator.Bench.Coordinator;

/// <summary>Many simulated workers of many runs against one coordinator; says what their heartbeats cost it and how it takes their coming back.</summary>
internal sealed class Fleet : IDisposable
{
    private const int WorkersPerConnection = 100;
    private const long GarbageBytes = 2L << 30;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _ending = new();
    private readonly string _processFile;
    private readonly string _corpus;
    private readonly int _runs;
    private readonly Metadata _headers;
    private readonly List<GrpcChannel> _channels;
    private readonly List<SimulatedWorker> _workers;

    public Fleet(Uri address, string processFile, string corpus, string token, int workers, int runs)
    {
        (_processFile, _corpus, _runs) = (processFile, corpus, runs);
        _headers = new Metadata { { "authorization", "Bearer " + token } };
        _channels = [.. Enumerable.Range(0, (workers + WorkersPerConnection - 1) / WorkersPerConnection).Select(_ => GrpcChannel.ForAddress(address))];
        var version = typeof(Run).Assembly.GetName().Version!.ToString(3);
        _workers = [.. Enumerable.Range(0, workers).Select(number =>
            new SimulatedWorker($"bench-{number:00000}", version, _channels[number / WorkersPerConnection], _headers, new Random(number)))];
    }

    private Runs.RunsClient Client => new(_channels[0]);

    /// <summary>Starts all workers and runs, measures, waits for the coordinator to be restarted by whoever reads the output, and measures again.</summary>
    public async Task MeasureAsync(TimeSpan span)
    {
        var each = _workers.Count / _runs;
        for (var run = 0; run < _runs; run++)
        {
            await Client.SubmitAsync(
                new SubmitRequest
                {
                    SpecYaml = $"name: bench\ndata: {{corpus: {_corpus}, input_length: 64}}\nbatch: {{microbatches: {Math.Max(1, each)}, microbatch: 1, steps: 1000}}\nworkers: {{min: {each}, max: {each}}}",
                    OutDir = Path.Combine(_corpus, $"out-{run}"),
                },
                _headers);
        }

        var watch = Stopwatch.StartNew();
        var working = _workers.ConvertAll(worker => worker.RunAsync(_ending.Token));
        await SettledAsync();
        Say($"{_workers.Count} workers connected and {_runs} runs at work after {watch.Elapsed.TotalSeconds:0.0} s");

        await Task.Delay(s_rest, TimeProvider.System);
        // This process collects before and after: its own pauses would be taken for the coordinator's.
        GC.TryStartNoGCRegion(GarbageBytes);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        var paused = GC.GetTotalPauseDuration();
        var measured = _workers.ConvertAll(worker => worker.RoundTrips = []);
        var (before, answered) = (CoordinatorUsage.Of(_processFile), _workers.Sum(worker => worker.Answered));
        watch.Restart();
        await Task.Delay(span, TimeProvider.System);
        var (after, seconds) = (CoordinatorUsage.Of(_processFile), watch.Elapsed.TotalSeconds);
        var count = _workers.Sum(worker => worker.Answered) - answered;
        _workers.ForEach(worker => worker.RoundTrips = null);
        var trips = measured.SelectMany(trips => trips.ToArray()).Order().ToArray();
        var spent = (after.Processor - before.Processor).TotalSeconds;
        Say($"{count / seconds:0} heartbeats/s; round trip p50 {trips[trips.Length / 2]:0.0} ms, p99 {trips[(int)(trips.Length * 0.99)]:0.0} ms, longest {trips[^1]:0} ms; the load itself stood still for {(GC.GetTotalPauseDuration() - paused).TotalMilliseconds:0} ms of it");
        Say($"processor of the coordinator: {spent / seconds:0.00} cores, {spent / count * 1e6:0} us a heartbeat; resident {after.ResidentMegabytes} MB, peak {after.PeakMegabytes} MB");

        Console.WriteLine("restart");
        await Console.In.ReadLineAsync();
        watch.Restart();
        var welcomes = _workers.Select(worker => worker.Welcomes).ToList();
        await SettledAsync();
        after = CoordinatorUsage.Of(_processFile);
        Say($"after a kill and a restart all were back after {watch.Elapsed.TotalSeconds:0.0} s, {_workers.Where((worker, i) => worker.Welcomes > welcomes[i] + 1).Count()} of them more than once; processor {after.Processor.TotalSeconds:0.0} s, peak {after.PeakMegabytes} MB");
        await _ending.CancelAsync();
        await Task.WhenAll(working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _channels.ForEach(channel => channel.Dispose());
        _workers.ForEach(worker => worker.Dispose());
        _ending.Dispose();
    }

    private static void Say(string line) => Console.WriteLine(line);

    // Every worker was answered in the session that it has now, and every run trains.
    private async Task SettledAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (!_workers.TrueForAll(worker => worker.IsSettled) || !await AllTrainAsync())
        {
            if (Stopwatch.GetElapsedTime(started) > s_limit)
            {
                throw new TimeoutException($"{_workers.Count(worker => !worker.IsSettled)} of {_workers.Count} workers are not answered after {s_limit.TotalMinutes:0} minutes");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }
    }

    private async Task<bool> AllTrainAsync()
    {
        try
        {
            var listed = await Client.ListAsync(new ListRunsRequest(), _headers);
            return listed.Runs.All(run => run.State == RunState.Running);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }
}
