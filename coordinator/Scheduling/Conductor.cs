using System.Threading.Channels;
using Orchestrator.Coordinator.Hosting;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;

namespace Orchestrator.Coordinator.Scheduling;

/// <summary>The one loop that changes anything: waits until this coordinator leads, then takes what happened to the <see cref="Desk"/>, batch by batch.</summary>
/// <remarks>Many callers share a commit, so the disk's latency is paid once for all that happened meanwhile.</remarks>
internal sealed partial class Conductor(
    IRunStore store, Func<ControlState> takeUp, CoordinatorSettings settings, TimeProvider clock, ILogger<Conductor> logger) : BackgroundService
{
    private const int BatchSize = 512;
    private const int TicksBetweenRenewals = 5;
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(200);

    // Full: callers wait, which slows a session's reading and nothing else.
    private readonly Channel<Work> _work = Channel.CreateBounded<Work>(new BoundedChannelOptions(8192) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private IStoreSession? _session;
    private volatile Desk? _desk;
    private volatile string _leader = "";
    private int _ticks;

    /// <summary>What ended the loop, if it was not a stop.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether this coordinator leads.</summary>
    public bool Leads => _desk is not null;

    /// <exception cref="NotLeadingException">Another coordinator leads.</exception>
    public void RequireLead()
    {
        if (!Leads)
        {
            throw new NotLeadingException(_leader);
        }
    }

    /// <summary>Hands something in without waiting for it.</summary>
    public ValueTask PostAsync(Action<ControlState> what, CancellationToken cancellationToken)
    {
        RequireLead();
        return _work.Writer.WriteAsync(new Work(what), cancellationToken);
    }

    /// <summary>Asks something; the answer comes when all that led to it is stored.</summary>
    public async Task<T> AskAsync<T>(Func<ControlState, T> what, CancellationToken cancellationToken)
    {
        RequireLead();
        T answer = default!;
        var stored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _work.Writer.WriteAsync(new Work(desk => answer = what(desk), stored), cancellationToken);
        await stored.Task.WaitAsync(cancellationToken);
        return answer;
    }

    /// <summary>Takes the lead at once where nobody holds it, so that a single coordinator serves as soon as it has started.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        TryLead();
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _session?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var ticking = Task.CompletedTask;
        try
        {
            await WinAsync(stoppingToken);
            ticking = TickAsync(stoppingToken);
            await LeadAsync(_desk!, stoppingToken);
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
            while (_work.Reader.TryRead(out var left))
            {
                left.Fail(new ChannelClosedException());
            }

            _session?.Dispose();
            await ticking;
        }
    }

    private async Task LeadAsync(Desk desk, CancellationToken stoppingToken)
    {
        var batch = new List<Work>();
        try
        {
            while (await _work.Reader.WaitToReadAsync(stoppingToken))
            {
                while (batch.Count < BatchSize && _work.Reader.TryRead(out var work))
                {
                    batch.Add(work);
                }

                desk.Turn(batch);
                batch.Clear();
            }
        }
        finally
        {
            batch.ForEach(work => work.Fail(new ChannelClosedException()));
        }
    }

    private async Task WinAsync(CancellationToken stoppingToken)
    {
        if (Leads)
        {
            return;
        }

        LogFollows(_leader);
        using var timer = new PeriodicTimer(settings.ElectionInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (TryLead())
                {
                    return;
                }
            }
            catch (System.Data.Common.DbException e)
            {
                LogUnreachable(e.Message);
            }
        }
    }

    private bool TryLead()
    {
        var session = store.TryLead(settings.Advertised.GetLeftPart(UriPartial.Authority));
        if (session is null)
        {
            _leader = store.Leader();
            return false;
        }

        _session = session;
        _desk = new Desk(takeUp(), session);
        LogLeads(session.Term);
        return true;
    }

    private async Task TickAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_tick, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await PostAsync(Tick, stoppingToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // The loop has ended.
        }
    }

    private void Tick(ControlState state)
    {
        if (++_ticks % TicksBetweenRenewals == 0)
        {
            _session!.Renew();
        }

        state.Happen(new Ticked());
    }

    [LoggerMessage(1001, LogLevel.Critical, "The coordinator cannot go on and stops: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(1002, LogLevel.Information, "This coordinator leads, term {Term}")]
    private partial void LogLeads(long term);

    [LoggerMessage(1003, LogLevel.Information, "This coordinator follows {Leader} and takes the lead when that one is gone")]
    private partial void LogFollows(string leader);

    [LoggerMessage(1004, LogLevel.Warning, "The database cannot be asked who leads: {Reason}")]
    private partial void LogUnreachable(string reason);
}

/// <summary>Another coordinator leads; this one answers nothing.</summary>
internal sealed class NotLeadingException(string leader)
    : Exception(leader.Length > 0 ? $"this coordinator follows; the leader is {leader}" : "this coordinator follows and knows no leader yet; try again")
{
    /// <summary>Where the leader is found; empty: not known.</summary>
    public string Leader => leader;
}
