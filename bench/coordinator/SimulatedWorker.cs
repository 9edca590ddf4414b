using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Protos.V1;

namespace Orchestrator.Bench.Coordinator;

/// <summary>A worker's side of the wire: a session kept again and again as the product's worker keeps it, with a heartbeat a second; it computes nothing.</summary>
internal sealed class SimulatedWorker(string id, string version, GrpcChannel channel, Metadata headers, Random random) : IDisposable
{
    private const int Remembered = 256;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestPatience = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _sending = new(1);
    private Assignment? _assignment;
    private long _sequence;
    private TimeSpan _patience = s_silence;
    private readonly long[] _sentAt = new long[Remembered];

    /// <summary>Heartbeats answered.</summary>
    public long Answered { get; private set; }

    /// <summary>Whether a heartbeat of the session of now was answered.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Sessions that were welcomed.</summary>
    public int Welcomes { get; private set; }

    /// <summary>Round trips, milliseconds; null: not kept.</summary>
    public List<double>? RoundTrips { get; set; }

    /// <summary>Keeps a session until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromMilliseconds(100);
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1000)), TimeProvider.System, cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            var welcomes = Welcomes;
            try
            {
                await HoldAsync(cancellationToken);
            }
            catch (Exception e) when (e is RpcException or IOException or InvalidOperationException)
            {
                IsSettled = false;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                IsSettled = false;
            }

            _patience = Welcomes > welcomes ? s_silence : Least(_patience * 2, s_longestPatience);
            pause = Welcomes > welcomes ? TimeSpan.FromMilliseconds(100) : Least(pause * 2, s_longestPause);
            await Task.Delay(pause * (0.5 + random.NextDouble()) * (Welcomes > welcomes ? 4 : 1), TimeProvider.System, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _sending.Dispose();

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private async Task HoldAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(_patience);
        using var call = new Workers.WorkersClient(channel).Session(headers, cancellationToken: ending.Token);
        var hello = new Hello { WorkerId = id, Version = version, Host = "bench", Device = "cpu", Cores = 1 };
        if (_assignment is not null)
        {
            hello.Held = new HeldAssignment { RunId = _assignment.RunId, Generation = _assignment.Generation, Rank = _assignment.Rank };
        }

        await SayAsync(call, new WorkerMessage { Hello = hello });
        Task? beating = null;
        try
        {
            await foreach (var message in call.ResponseStream.ReadAllAsync(ending.Token))
            {
                ending.CancelAfter(s_silence);
                switch (message.MessageCase)
                {
                    case CoordinatorMessage.MessageOneofCase.Welcome:
                        Welcomes++;
                        _patience = s_silence;
                        beating = BeatAsync(call, ending.Token);
                        break;
                    case CoordinatorMessage.MessageOneofCase.Assignment:
                        _assignment = message.Assignment;
                        await SayAsync(call, new WorkerMessage
                        {
                            Ready = new Ready { RunId = _assignment.RunId, Generation = _assignment.Generation, State = new StepState(), Source = "none" },
                        });
                        break;
                    case CoordinatorMessage.MessageOneofCase.HeartbeatReply:
                        RoundTrips?.Add(Stopwatch.GetElapsedTime(Volatile.Read(ref _sentAt[message.HeartbeatReply.Sequence % Remembered])).TotalMilliseconds);
                        Answered++;
                        IsSettled = true;
                        break;
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            if (beating is not null)
            {
                await beating;
            }
        }
    }

    private async Task BeatAsync(AsyncDuplexStreamingCall<WorkerMessage, CoordinatorMessage> call, CancellationToken cancellationToken)
    {
        try
        {
            // At a moment of its own in each second: a timer that is late would stay late, and in step with all that were late with it.
            var begin = Stopwatch.GetTimestamp();
            var phase = s_interval * random.NextDouble();
            for (var beat = 0; ; beat++)
            {
                if ((beat * s_interval) + phase - Stopwatch.GetElapsedTime(begin) is var left && left > TimeSpan.Zero)
                {
                    await Task.Delay(left, TimeProvider.System, cancellationToken);
                }

                Volatile.Write(ref _sentAt[++_sequence % Remembered], Stopwatch.GetTimestamp());
                await SayAsync(call, new WorkerMessage { Heartbeat = new Heartbeat { Sequence = _sequence } });
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException or IOException or InvalidOperationException)
        {
            // The session is over; its reading side says why.
        }
    }

    private async Task SayAsync(AsyncDuplexStreamingCall<WorkerMessage, CoordinatorMessage> call, WorkerMessage message)
    {
        await _sending.WaitAsync();
        try
        {
            await call.RequestStream.WriteAsync(message);
        }
        finally
        {
            _sending.Release();
        }
    }
}
