using Grpc.Core;
using Orchestrator.Coordinator.Hosting;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Coordinator;

/// <summary>A worker's side of the wire, driven by a test: what the coordinator said, and what is answered.</summary>
internal sealed class FakeWorker : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _sending = new(1);
    private readonly AsyncDuplexStreamingCall<WorkerMessage, CoordinatorMessage> _call;

    private FakeWorker(string id, AsyncDuplexStreamingCall<WorkerMessage, CoordinatorMessage> call) => (Id, _call) = (id, call);

    public string Id { get; }

    public Welcome Welcome { get; private set; } = new();

    public Assignment Assignment { get; private set; } = new();

    public SortedDictionary<long, PlannedStep> Planned { get; } = [];

    public static async Task<FakeWorker> ConnectAsync(ChannelBase channel, string id, HeldAssignment? held = null, string? version = "1.2.3")
    {
        var call = new Workers.WorkersClient(channel).Session(CoordinatorFixture.Headers);
        await call.RequestStream.WriteAsync(new WorkerMessage
        {
            Hello = new Hello { WorkerId = id, Version = version ?? new CoordinatorSettings { DataFolder = "", Token = "" }.Version, Host = "here", ProcessId = 4711, Device = "cpu", Cores = 1, Held = held },
        });
        var worker = new FakeWorker(id, call);
        worker.Welcome = (await worker.NextAsync()).Welcome;
        return worker;
    }

    public async Task<CoordinatorMessage> NextAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        Assert.True(await _call.ResponseStream.MoveNext(limit.Token), "the coordinator ended the session");
        return _call.ResponseStream.Current;
    }

    /// <summary>Reads until a message of a kind; plans and assignments on the way are kept.</summary>
    public async Task<CoordinatorMessage> UntilAsync(CoordinatorMessage.MessageOneofCase kind)
    {
        while (true)
        {
            var message = await NextAsync();
            if (message.Assignment is not null)
            {
                Assignment = message.Assignment;
                Planned.Clear();
            }

            foreach (var step in message.Plan?.Steps ?? [])
            {
                Planned[step.Step] = step;
            }

            if (message.MessageCase == kind)
            {
                return message;
            }
        }
    }

    public async Task<Assignment> AssignedAsync()
    {
        await UntilAsync(CoordinatorMessage.MessageOneofCase.Plan);
        return Assignment;
    }

    public Task ReadyAsync(long step = 0, ulong digest = 0, string source = "none") => SendAsync(new WorkerMessage
    {
        Ready = new Ready { RunId = Assignment.RunId, Generation = Assignment.Generation, State = new StepState { Step = step, WeightsDigest = digest }, Source = source },
    });

    public Task DoneAsync(long step, ulong digest) => SendAsync(new WorkerMessage
    {
        StepDone = new StepDone
        {
            RunId = Assignment.RunId,
            Generation = Assignment.Generation,
            Step = new StepEvent { Step = step, WeightsDigest = digest, Loss = 9.0 / step, Tokens = 2000, TargetTokens = 400, StepSeconds = 0.5, LearningRate = 0.01 },
        },
    });

    public Task LeftAsync(Left.Types.Outcome outcome, long step = 0, ulong digest = 0, string text = "", bool leaving = false) => SendAsync(new WorkerMessage
    {
        Left = new Left
        {
            RunId = Assignment.RunId,
            Generation = Assignment.Generation,
            Outcome = outcome,
            Text = text,
            Leaving = leaving,
            State = new StepState { Step = step, WeightsDigest = digest },
        },
    });

    public Task EvaluatedAsync(long step, double loss) => SendAsync(new WorkerMessage
    {
        Evaluated = new Evaluated { RunId = Assignment.RunId, Generation = Assignment.Generation, Evaluation = new EvaluationEvent { Step = step, ValidationLoss = loss } },
    });

    public Task AskedAsync(long step, long known) => SendAsync(new WorkerMessage
    {
        Asked = new Asked { RunId = Assignment.RunId, Generation = Assignment.Generation, Knowledge = new KnowledgeEvent { Step = step, Attempt = Assignment.Generation, Questions = 9, Known = known } },
    });

    public Task LogAsync(string text, string level = "info") => SendAsync(new WorkerMessage { Log = new WorkerLog { RunId = Assignment.RunId, Level = level, Text = text } });

    public async Task SendAsync(WorkerMessage message)
    {
        await _sending.WaitAsync();
        try
        {
            await _call.RequestStream.WriteAsync(message);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Says that it lives, again and again, until what is returned is disposed of.</summary>
    public IDisposable Beat()
    {
        var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        _ = BeatAsync(timer);
        return timer;
    }

    private async Task BeatAsync(PeriodicTimer timer)
    {
        try
        {
            for (var sequence = 1; await timer.WaitForNextTickAsync(); sequence++)
            {
                await SendAsync(new WorkerMessage { Heartbeat = new Heartbeat { Sequence = sequence } });
            }
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // The session is over; whoever drives the worker sees it.
        }
    }

    public ValueTask DisposeAsync()
    {
        _call.Dispose();
        _sending.Dispose();
        return ValueTask.CompletedTask;
    }
}
