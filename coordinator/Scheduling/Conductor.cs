using System.Threading.Channels;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;

namespace Orchestrator.Coordinator.Scheduling;

/// <summary>The one loop that changes anything: takes what happened, decides, stores it all in one commit, then says what follows.</summary>
/// <remarks>Many callers share a commit, so the disk's latency is paid once for all that happened meanwhile.</remarks>
internal sealed partial class Conductor(ControlState state, Database database, TimeProvider clock, ILogger<Conductor> logger) : BackgroundService
{
    private const int BatchSize = 512;
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(200);

    // Full: callers wait, which slows a session's reading and nothing else.
    private readonly Channel<Work> _work = Channel.CreateBounded<Work>(new BoundedChannelOptions(8192) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>What ended the loop, if it was not a stop.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Hands something in without waiting for it.</summary>
    public ValueTask PostAsync(Action<ControlState> what, CancellationToken cancellationToken) => _work.Writer.WriteAsync(new Work(what), cancellationToken);

    /// <summary>Asks something; the answer comes when all that led to it is stored.</summary>
    public async Task<T> AskAsync<T>(Func<ControlState, T> what, CancellationToken cancellationToken)
    {
        T answer = default!;
        var work = new Work(desk => answer = what(desk));
        await _work.Writer.WriteAsync(work, cancellationToken);
        await work.Stored.WaitAsync(cancellationToken);
        return answer;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var ticking = TickAsync(stoppingToken);
        try
        {
            using var connection = database.Open();
            var batch = new List<Work>();
            while (await _work.Reader.WaitToReadAsync(stoppingToken))
            {
                while (batch.Count < BatchSize && _work.Reader.TryRead(out var work))
                {
                    work.Do(state);
                    batch.Add(work);
                }

                state.TakeWrites()?.Commit(connection);
                state.Publish();
                batch.ForEach(work => work.Done());
                batch.Clear();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // A stop: what was handed in and not stored is said again by its sender.
        }
        catch (Exception e)
        {
            // What is in memory is ahead of what is stored: only a new start is safe.
            Failure = e;
            LogFailed(e.Message);
            throw;
        }
        finally
        {
            _work.Writer.TryComplete();
            await ticking;
        }
    }

    private async Task TickAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_tick, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await PostAsync(desk => desk.Happen(new Ticked()), stoppingToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // The loop has ended.
        }
    }

    [LoggerMessage(1001, LogLevel.Critical, "The coordinator cannot store its state and stops: {Reason}")]
    private partial void LogFailed(string reason);

    private sealed class Work(Action<ControlState> what)
    {
        private readonly TaskCompletionSource _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? _refusal;

        public Task Stored => _stored.Task;

        public void Do(ControlState state)
        {
            try
            {
                what(state);
            }
            catch (RequestRefusedException e)
            {
                _refusal = e;
            }
        }

        public void Done()
        {
            if (_refusal is null)
            {
                _stored.SetResult();
            }
            else
            {
                _stored.SetException(_refusal);
            }
        }
    }
}
