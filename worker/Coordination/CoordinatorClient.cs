using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Core;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;
using Polly;
using Polly.Retry;

namespace Orchestrator.Worker.Coordination;

/// <summary>Keeps the one session with the coordinator, again and again, for as long as the worker lives. Training does not wait for it.</summary>
internal sealed partial class CoordinatorClient(
    Workers.WorkersClient client, CoordinatorLine line, Func<Hello> introduce, Outbox<WorkerMessage> outbox, Action<CoordinatorMessage> hear,
    TimeProvider clock, ILogger<CoordinatorClient> logger)
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);

    // The coordinator answers every heartbeat: one that is silent for this long is gone, though nothing says that the connection broke.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(5);

    // One that does not welcome a worker in that time may have thousands to welcome: each attempt waits longer, or nobody would ever be answered.
    private static readonly TimeSpan s_longestPatience = TimeSpan.FromSeconds(20);
    private const int SpreadMs = 400;
    private bool _connected;
    private bool _warned;
    private TimeSpan _patience = s_silence;

    /// <summary>Keeps a session until cancelled.</summary>
    /// <exception cref="BadInputException">The coordinator will never have this worker: wrong token or another version.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var untilCancelled = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(100),
                MaxDelay = s_longestPause,
                UseJitter = true,
                ShouldHandle = new PredicateBuilder().Handle<RpcException>(IsPassing),
            })
            .Build();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await untilCancelled.ExecuteAsync(async token => await HoldSessionAsync(token), cancellationToken);
            }
            catch (RpcException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied)
            {
                throw new BadInputException($"The coordinator at {line.Address} refused the token: set ORCHESTRATOR_TOKEN or --token-file to one of its tokens.", error);
            }
            catch (RpcException error)
            {
                throw new BadInputException($"The coordinator at {line.Address} refused this worker: {error.Status.Detail}", error);
            }
        }
    }

    // A session that ended in good order (the coordinator is stopping) is as passing as a broken one.
    private async Task HoldSessionAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(_patience);
        using var call = client.Session(cancellationToken: ending.Token);
        Task? saying = null;
        var welcome = false;
        try
        {
            await IntroduceAsync(call.RequestStream, new WorkerMessage { Hello = introduce() }, ending.Token);
            await foreach (var message in call.ResponseStream.ReadAllAsync(ending.Token))
            {
                ending.CancelAfter(s_silence);
                if (message.MessageCase == CoordinatorMessage.MessageOneofCase.Welcome)
                {
                    welcome = _connected = true;
                    (_warned, _patience) = (false, s_silence);
                    LogConnected(line.Address, message.Welcome.CoordinatorVersion);
                    saying ??= SayAsync(call.RequestStream, TimeSpan.FromMilliseconds(Math.Max(50, message.Welcome.HeartbeatIntervalMs)), ending.Token);
                }

                hear(message);
            }

            throw new RpcException(new Status(StatusCode.Unavailable, "the coordinator closed the session"));
        }
        catch (RpcException error) when (IsPassing(error) && !cancellationToken.IsCancellationRequested)
        {
            if (_connected || !_warned)
            {
                LogLost(line.Address, error.Status.Detail);
                (_connected, _warned) = (false, true);
            }

            line.Turn(error);
            if (!welcome)
            {
                _patience = ending.IsCancellationRequested ? TimeSpan.FromTicks(Math.Min(2 * _patience.Ticks, s_longestPatience.Ticks)) : _patience;
                throw;
            }

            // All workers lose a coordinator at once; they come back spread out. A session that stood begins the attempts anew.
            await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(SpreadMs)), clock, cancellationToken);
        }
        finally
        {
            await ending.CancelAsync();
            if (saying is not null)
            {
                await saying;
            }
        }
    }

    // A connection that breaks while it is written to may say so itself, before the call has a status.
    private static async Task IntroduceAsync(IClientStreamWriter<WorkerMessage> stream, WorkerMessage hello, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(hello, cancellationToken);
        }
        catch (IOException broken)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, broken.Message, broken));
        }
    }

    private async Task SayAsync(IClientStreamWriter<WorkerMessage> stream, TimeSpan heartbeatInterval, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var beating = BeatAsync(heartbeatInterval, over.Token);
        try
        {
            await foreach (var message in outbox.ReadSessionAsync(cancellationToken))
            {
                await stream.WriteAsync(message, cancellationToken);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or RpcException or InvalidOperationException or IOException)
        {
            // The session is over; its reading side says why.
        }

        await over.CancelAsync();
        await beating;
    }

    // Workers that were welcomed at once, as after a coordinator's restart, must not speak at once ever after: each has its own place in the interval.
    private async Task BeatAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(interval * (RandomNumberGenerator.GetInt32(SpreadMs) / (double)SpreadMs), clock, cancellationToken);
            using var timer = new PeriodicTimer(interval, clock);
            for (long sequence = 1; await timer.WaitForNextTickAsync(cancellationToken); sequence++)
            {
                outbox.Mention(new WorkerMessage { Heartbeat = new Heartbeat { Sequence = sequence } });
            }
        }
        catch (OperationCanceledException)
        {
            // The session is over.
        }
    }

    private static bool IsPassing(RpcException error) => error.StatusCode is
        StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled or
        StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Aborted;

    [LoggerMessage(3001, LogLevel.Information, "Connected to the coordinator at {Address} (version {Version})")]
    private partial void LogConnected(Uri address, string version);

    [LoggerMessage(3002, LogLevel.Warning, "No connection to the coordinator at {Address}: {Reason}; trying again, training goes on as far as the plan reaches")]
    private partial void LogLost(Uri address, string reason);
}
