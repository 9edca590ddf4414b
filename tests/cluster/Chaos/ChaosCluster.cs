using System.Diagnostics;
using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Cluster.Chaos;

/// <summary>A worker's process, its way to the coordinator and, where it has one of its own, its host.</summary>
internal sealed record ChaosWorker(Cli Process, CutProxy Network, string? Host)
{
    public int Id => Process.Process.Id;

    public bool Lives => !Process.Process.HasExited;

    /// <summary>Whether a fault that lasts is upon it.</summary>
    public bool IsHurt { get; set; }
}

/// <summary>A coordinator and workers as processes of their own, one run, and what is told of it.</summary>
internal sealed class ChaosCluster : IAsyncDisposable
{
    // Without any news.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly Sandbox _sandbox;
    private readonly string _folder;
    private readonly string _tokenFile;
    private readonly List<ChaosWorker> _workers = [];
    private readonly List<Cli> _gone = [];
    private readonly Lock _gate = new();
    private readonly List<RunEvent> _events = [];
    private readonly CancellationTokenSource _ended = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Cli _coordinator = null!;
    private Uri _url = new("http://127.0.0.1:0");
    private GrpcChannel _channel = null!;
    private Task _watching = Task.CompletedTask;
    private string _run = "";
    private string[] _workerOptions = [];
    private PrivateNetwork? _network;

    private ChaosCluster(Sandbox sandbox)
    {
        _sandbox = sandbox;
        _folder = Directory.CreateDirectory(sandbox.Folder("chaos")).FullName;
        _tokenFile = Path.Combine(_folder, "token");
        File.WriteAllText(_tokenFile, "chaos");
        Out = Path.Combine(_folder, "out");
    }

    /// <summary>The run's folder.</summary>
    public string Out { get; }

    /// <summary>Workers that live.</summary>
    public IReadOnlyList<ChaosWorker> Workers => [.. _workers.Where(worker => worker.Lives)];

    /// <summary>What was told of the run, in order.</summary>
    public IReadOnlyList<RunEvent> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    public static async Task<ChaosCluster> StartAsync(Sandbox sandbox, string spec, int workers, Action<string>? prepare = null, string? flip = null, PrivateNetwork? network = null)
    {
        var cluster = new ChaosCluster(sandbox) { _workerOptions = flip is null ? [] : ["--inject-flip", flip], _network = network };
        try
        {
            prepare?.Invoke(cluster.Out);
            await cluster.StartCoordinatorAsync();
            for (var i = 0; i < workers; i++)
            {
                cluster.AddWorker();
            }

            // The run begins with all of them.
            foreach (var worker in cluster._workers)
            {
                await worker.Process.SawErrorAsync(line => line.Contains("Connected to the coordinator", StringComparison.Ordinal));
            }

            cluster._channel = GrpcChannel.ForAddress(cluster._url);
            var request = new SubmitRequest { SpecYaml = await File.ReadAllTextAsync(spec), OutDir = cluster.Out };
            cluster._run = (await new Runs.RunsClient(cluster._channel).SubmitAsync(request, cluster.Headers)).RunId;
            cluster._watching = cluster.WatchAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the coordinator, again at the place where it was before.</summary>
    public async Task StartCoordinatorAsync()
    {
        _coordinator = Cli.StartProgram(
            _sandbox, "orchestrator-coordinator", "--data", Path.Combine(_folder, "data"), "--listen", _url.ToString().TrimEnd('/'), "--token-file", _tokenFile);
        var line = await _coordinator.SawErrorAsync(said => said.StartsWith("Listening at ", StringComparison.Ordinal));
        _url = new Uri(line["Listening at ".Length..]);
    }

    public void AddWorker()
    {
        var network = new CutProxy(_url, _network?.Gateway ?? IPAddress.Loopback);
        string[] options = ["run", "--coordinator", network.Url.ToString().TrimEnd('/'), "--token-file", _tokenFile, .. _workerOptions];
        var host = _network?.AddHost();
        var process = host is null
            ? Cli.StartProgram(_sandbox, "orchestrator-worker", options)
            : Cli.StartProgram(_sandbox, "/usr/bin/env", ["ip", "netns", "exec", host, Path.Combine(Sandbox.Programs, "orchestrator-worker"), .. options]);
        _workers.Add(new ChaosWorker(process, network, host));
    }

    public void SignalCoordinator(int signal) => _coordinator.Signal(signal);

    /// <summary>Kills the coordinator and waits until it is gone.</summary>
    public async Task KillCoordinatorAsync()
    {
        _coordinator.Signal(Signals.Kill);
        await _coordinator.Process.WaitForExitAsync();
        _gone.Add(_coordinator);
    }

    /// <summary>The run as the coordinator describes it.</summary>
    public async Task<Run> DescribeAsync() => await new Runs.RunsClient(_channel).GetAsync(new RunRequest { RunId = _run }, Headers);

    /// <summary>Asks the run to stop after a whole step.</summary>
    public async Task PauseAsync() => await new Runs.RunsClient(_channel).PauseAsync(new RunRequest { RunId = _run }, Headers);

    /// <summary>Lets the run go on.</summary>
    public async Task ResumeAsync() => await new Runs.RunsClient(_channel).ResumeAsync(new RunRequest { RunId = _run }, Headers);

    /// <summary>The newest committed step.</summary>
    public long Step
    {
        get
        {
            lock (_gate)
            {
                return _events.FindLast(told => told.Step is not null)?.Step.Step ?? 0;
            }
        }
    }

    /// <summary>Waits for an event.</summary>
    /// <param name="wanted">Which.</param>
    /// <param name="after">Only what was told after this moment counts.</param>
    /// <exception cref="TimeoutException">It did not come; the message holds what was told last.</exception>
    public async Task<RunEvent> SawAsync(Func<RunEvent, bool> wanted, DateTimeOffset after = default)
    {
        var (started, next) = (Stopwatch.GetTimestamp(), 0);
        while (Stopwatch.GetElapsedTime(started) < s_patience)
        {
            var (events, more) = Since(next);
            foreach (var told in events)
            {
                if (told.Time.ToDateTimeOffset() >= after && wanted(told))
                {
                    return told;
                }
            }

            if (events.FirstOrDefault(told => told.State?.State == RunState.Failed) is { } failed)
            {
                throw new InvalidOperationException($"The run failed: {failed.State.Reason}\n{Last()}");
            }

            (started, next) = events.Count > 0 ? (Stopwatch.GetTimestamp(), next + events.Count) : (started, next);
            await Task.WhenAny(more, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        }

        throw new TimeoutException($"It did not come in {s_patience}; {Workers.Count} workers live:\n{Last()}");
    }

    /// <summary>Waits until something holds that no event tells of.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        var started = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < s_patience, $"it did not come in {s_patience}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _watching;
        foreach (var worker in _workers)
        {
            await worker.Process.DisposeAsync();
            await worker.Network.DisposeAsync();
        }

        foreach (var coordinator in _gone.Append(_coordinator).Where(process => process is not null).Distinct())
        {
            await coordinator.DisposeAsync();
        }

        _channel?.Dispose();
        _ended.Dispose();
    }

    // What was told from an event's number on, and what ends when there is more.
    private (IReadOnlyList<RunEvent> Events, Task More) Since(int next)
    {
        lock (_gate)
        {
            return (_events.GetRange(next, _events.Count - next), _more.Task);
        }
    }

    private Metadata Headers => new() { { "authorization", "Bearer chaos" } };

    private string Last() => string.Join('\n', Events.Where(told => told.Step is null).TakeLast(30).Select(told => told.ToString()));

    private async Task WatchAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                using var call = new Runs.RunsClient(_channel).Watch(
                    new WatchRequest { RunId = _run, FromSequence = Events.Count == 0 ? 0 : Events[^1].Sequence + 1 }, Headers, cancellationToken: _ended.Token);
                await foreach (var told in call.ResponseStream.ReadAllAsync(_ended.Token))
                {
                    TaskCompletionSource more;
                    lock (_gate)
                    {
                        _events.Add(told);
                        (more, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                    }

                    more.SetResult();
                }

                return;
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException or IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
            }
        }
    }
}

/// <summary>Signals by their numbers.</summary>
internal static class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;
}
