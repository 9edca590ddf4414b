using System.Security.Cryptography;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Orchestrator.Coordinator.Hosting;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Coordinator;

/// <summary>A coordinator in this process, on a port of its own, with a corpus and a folder of its own.</summary>
public sealed class CoordinatorFixture : IAsyncDisposable
{
    public const string Token = "a token for tests";

    // Long enough that a slow machine loses nobody who lives.
    private static readonly ClusterOptions Patient = new()
    {
        Silence = TimeSpan.FromSeconds(20),
        HeartbeatInterval = TimeSpan.FromMilliseconds(200),
        PlacementGrace = TimeSpan.FromMilliseconds(1),
        Settle = TimeSpan.FromSeconds(20),
        ReattachGrace = TimeSpan.FromSeconds(20),
    };

    private readonly ClusterOptions _options;
    private CoordinatorHost _host;
    private GrpcChannel _channel;

    private CoordinatorFixture(string folder, ClusterOptions options, CoordinatorHost host)
    {
        (Folder, _options, _host) = (folder, options, host);
        _channel = GrpcChannel.ForAddress(host.Address);
    }

    public string Folder { get; }

    public string Corpus => Path.Combine(Folder, "corpus");

    public string OutDir => Path.Combine(Folder, "out");

    public Uri Address => _host.Address;

    public ChannelBase Channel => _channel;

    public static Metadata Headers { get; } = new() { { "authorization", $"Bearer {Token}" } };

    public Runs.RunsClient Runs => new(_channel);

    public Checkpoints.CheckpointsClient Checkpoints => new(_channel);

    public Rendezvous.RendezvousClient Rendezvous => new(_channel);

    public static async Task<CoordinatorFixture> StartAsync(ClusterOptions? options = null)
    {
        var folder = Directory.CreateTempSubdirectory("coordinator-").FullName;
        var corpus = Directory.CreateDirectory(Path.Combine(folder, "corpus")).FullName;
        await File.WriteAllTextAsync(Path.Combine(corpus, "spiece.model"), "vocabulary");
        await File.WriteAllTextAsync(Path.Combine(corpus, "manifest.json"), JsonSerializer.Serialize(new
        {
            version = 1,
            fingerprint = "test",
            vocabulary = new { sha256 = Convert.ToHexStringLower(SHA256.HashData("vocabulary"u8)), pieces = 400 },
            train = new { documents = 10, tokens = 10_000, bytes = 40_000, shards = new[] { "train-00000" } },
            validation = new { documents = 1, tokens = 1_000, bytes = 4_000, shards = new[] { "validation-00000" } },
            files = Array.Empty<object>(),
        }));
        options ??= Patient;
        return new CoordinatorFixture(folder, options, await HostAsync(folder, options));
    }

    /// <summary>Stops the coordinator and starts another on its folder and its port.</summary>
    public async Task RestartAsync(Func<Task>? meanwhile = null)
    {
        var address = _host.Address;
        await _host.DisposeAsync();
        if (meanwhile is not null)
        {
            await meanwhile();
        }

        _host = await HostAsync(Folder, _options, address);
        _channel.Dispose();
        _channel = GrpcChannel.ForAddress(_host.Address);
    }

    public string Spec(int workersMin = 1, int workersMax = 1, long steps = 3, string more = "") => $$"""
        name: test
        data:
          corpus: {{Corpus}}
          input_length: 64
        batch:
          microbatches: 4
          microbatch: 8
          steps: {{steps}}
        workers:
          min: {{workersMin}}
          max: {{workersMax}}
        {{more}}
        """;

    public async Task<Run> SubmitAsync(string spec, string? outDir = null, string key = "") =>
        await Runs.SubmitAsync(new SubmitRequest { SpecYaml = spec, OutDir = outDir ?? OutDir, IdempotencyKey = key, Owner = "tester" }, Headers);

    public async Task<Run> GetAsync(string runId) => await Runs.GetAsync(new RunRequest { RunId = runId }, Headers);

    /// <summary>A run's events, as they come, up to the first that satisfies a condition.</summary>
    public async Task<IReadOnlyList<RunEvent>> WatchUntilAsync(string runId, Func<RunEvent, bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var call = Runs.Watch(new WatchRequest { RunId = runId }, Headers, cancellationToken: limit.Token);
        var events = new List<RunEvent>();
        await foreach (var told in call.ResponseStream.ReadAllAsync(limit.Token))
        {
            events.Add(told);
            if (condition(told))
            {
                return events;
            }
        }

        Assert.Fail($"the run ended first: {string.Join("; ", events)}");
        return events;
    }

    public Task<IReadOnlyList<RunEvent>> WatchUntilAsync(string runId, RunState state) => WatchUntilAsync(runId, told => told.State?.State == state);

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _host.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static Task<CoordinatorHost> HostAsync(string folder, ClusterOptions options, Uri? address = null) => CoordinatorHost.StartAsync(
        new CoordinatorSettings { DataFolder = Path.Combine(folder, "data"), Token = Token, Listen = address ?? new Uri("http://127.0.0.1:0"), Version = "1.2.3", LogLevel = LogLevel.None },
        CancellationToken.None, options);
}
