using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Orchestrator.Core;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;
using Orchestrator.Training.Collectives;
using Orchestrator.Worker.Coordination;

namespace Orchestrator.Worker.Hosting;

/// <summary>One rank's process: keeps the session with the coordinator on the side and works through assignments on the calling thread.</summary>
internal sealed partial class WorkerHost : IDisposable
{
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(5);

    private readonly WorkerOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger<WorkerHost> _logger;
    private readonly CoordinatorLine _calls;
    private readonly Outbox<WorkerMessage> _outbox = new();
    private readonly AssignmentInbox _inbox = new();
    private readonly string _workerId;
    private readonly string _peerAddress;
    private readonly FaultInjection? _faults;
    // Set by the training thread; the session reads what of it any thread may.
    private volatile TrainingState? _state;

    public WorkerHost(WorkerOptions options, TimeProvider clock, ILoggerFactory loggers)
    {
        _options = options;
        _clock = clock;
        _faults = options.FlipAtStep is { } step ? new FaultInjection(step) : null;
        _peerAddress = options.PeerAddress ?? Meeting.AddressTowards(options.Coordinators[0]);
        _loggers = loggers;
        _logger = loggers.CreateLogger<WorkerHost>();
        _calls = new CoordinatorLine(options.Coordinators, options.Token);
        var started = clock.GetUtcNow().ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture);
        _workerId = $"{Environment.MachineName.ToLowerInvariant()}-{Environment.ProcessId}-{started}";
    }

    /// <summary>The product's version; coordinator and workers must have the same.</summary>
    public static string Version { get; } =
        typeof(WorkerHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>Works until asked to stop.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="BadInputException">The coordinator will never have this worker.</exception>
    public int Run(CancellationToken stop)
    {
        using var ending = new CancellationTokenSource();
        using var asked = stop.Register(() => _inbox.Stop("the worker was asked to stop"));
        var session = new CoordinatorClient(
            new Workers.WorkersClient(_calls), _calls, Introduce, _outbox, Hear, _clock, _loggers.CreateLogger<CoordinatorClient>());
        var sessionTask = Task.Run(() => session.RunAsync(ending.Token), CancellationToken.None);
        _ = sessionTask.ContinueWith(_ => _inbox.Stop("the session is over"), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        var broken = false;
        while (!broken && _inbox.TakeNext(Forget, Prepare) is { } control)
        {
            using (control)
            {
                // What this process cannot do, another in its place may: whoever keeps workers alive starts one.
                broken = Work(control, stop) == Left.Types.Outcome.Broken;
            }
        }

        WaitForLastWords(sessionTask);
        ending.Cancel();
        sessionTask.GetAwaiter().GetResult();
        return broken ? ExitCodes.Failed : ExitCodes.Done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _state?.Dispose();
        _calls.Dispose();
    }

    private Left.Types.Outcome Work(GenerationControl control, CancellationToken stop)
    {
        var assignment = control.Assignment;
        _outbox.Open(assignment.RunId, assignment.Generation);
        var reports = new RunReports(_outbox, assignment.RunId, assignment.Generation);
        LogAssigned(assignment.RunId, assignment.Generation, assignment.Rank, assignment.WorldSize);
        var book = new TimeBook(_clock);
        var (outcome, text) = WorkGuarded(control, reports, book);
        book.Void();
        LogLeft(assignment.RunId, assignment.Generation, outcome, text);
        reports.Left(outcome, text, _state?.At, leaving: stop.IsCancellationRequested || outcome == Left.Types.Outcome.Broken, Wire.Times(book.Spent));
        return outcome;
    }

    // The edge of the training thread: every end of a generation becomes an outcome that the coordinator can act on.
    private (Left.Types.Outcome Outcome, string Text) WorkGuarded(GenerationControl control, RunReports reports, TimeBook book)
    {
        try
        {
            reports.Activity("joining");
            if (_state is not null && _state.RunId != control.Assignment.RunId)
            {
                Forget();
            }

            var store = new RpcRendezvousStore(new Rendezvous.RendezvousClient(_calls), control.Assignment.RunId, control.Assignment.Generation);
            using var communicator = Meeting.Join(control.Assignment, store, _peerAddress, control.Ended);
            control.Attach(communicator);
            _ = TellOfLossAsync(communicator.Lost, control, reports);
            try
            {
                _state ??= Create(control.Assignment, reports);
                _state.Adopt(control.Assignment);
                _state.OnWaiting(reports.Store);
                var source = Recovery.Agree(_state, communicator, reports);
                if (source is "none" or "checkpoint")
                {
                    book.WasStart();
                }

                book.Enter(Purpose.Control);
                book.Keep();
                reports.Ready(_state.At!, source, Wire.Times(book.Spent));
                reports.Activity("training");
                using var checkpoints = new CheckpointSaver(_state, control.Assignment, new Checkpoints.CheckpointsClient(_calls), reports, _clock);
                var asker = new KnowledgeAsker(_state, control.Assignment.Generation, communicator, reports, _clock);
                var loop = new TrainingLoop(control, _state, communicator, checkpoints, asker, reports, book, _faults, _clock);
                var done = loop.Run();
                book.Keep();
                return done is not null
                    ? (Left.Types.Outcome.Finished, done)
                    : (Left.Types.Outcome.Drained, control.DrainReason ?? "a peer asked to stop");
            }
            finally
            {
                control.Detach();
            }
        }
        catch (PeerLostException error)
        {
            // While the ranks meet nobody watches for a loss yet; said twice, it counts once.
            if (error.Silence is not null && !control.Released)
            {
                reports.PeerSuspected(error);
            }

            return (Left.Types.Outcome.PeerLost, error.Message);
        }
        catch (OperationCanceledException) when (control.Released)
        {
            return (Left.Types.Outcome.PeerLost, "the generation was released");
        }
        catch (Exception error) when (error is BadInputException or RunFaultException)
        {
            return (Left.Types.Outcome.Failed, error.Message);
        }
        catch (FaultyMachineException error)
        {
            return (Left.Types.Outcome.Broken, error.Message);
        }
        catch (Exception error)
        {
            LogBroken(error);
            // The log has all of it; a reason is one line.
            return (Left.Types.Outcome.Broken, error.Message.Split('\n')[0].Trim().TrimEnd(':'));
        }
    }

    private static TrainingState Create(Assignment assignment, RunReports reports)
    {
        var state = TrainingState.Create(assignment);
        foreach (var note in assignment.Rank == 0 ? state.Notes : [])
        {
            reports.Log("warning", note);
        }

        return state;
    }

    // The training thread notices at its next call to a peer, which may be a whole slot away.
    private static async Task TellOfLossAsync(Task<PeerLostException?> lost, GenerationControl control, RunReports reports)
    {
        if (await lost is { } loss && !control.Released)
        {
            reports.PeerSuspected(loss);
        }
    }

    private void Hear(CoordinatorMessage message)
    {
        switch (message.MessageCase)
        {
            case CoordinatorMessage.MessageOneofCase.Assignment:
                _inbox.Put(new GenerationControl(message.Assignment));
                break;
            case CoordinatorMessage.MessageOneofCase.Prepare:
                _inbox.AskToPrepare(message.Prepare);
                break;
            case CoordinatorMessage.MessageOneofCase.Plan:
                _inbox.Find(message.Plan.RunId, message.Plan.Generation)?.Plans.Add(message.Plan.Steps);
                break;
            case CoordinatorMessage.MessageOneofCase.Drain:
                _inbox.Find(message.Drain.RunId, message.Drain.Generation)?.RequestDrain(message.Drain.Reason, save: !message.Drain.GoesOn);
                break;
            case CoordinatorMessage.MessageOneofCase.HeartbeatReply:
                _outbox.Stored(message.HeartbeatReply.RunId, message.HeartbeatReply.CommittedStep);
                break;
            case CoordinatorMessage.MessageOneofCase.Release:
                _inbox.Find(message.Release.RunId, message.Release.Generation)?.Release();
                if (message.Release.Forget)
                {
                    _inbox.AskToForget();
                }

                break;
        }
    }

    private Hello Introduce()
    {
        var hello = new Hello
        {
            WorkerId = _workerId,
            Version = Version,
            Host = Environment.MachineName,
            ProcessId = Environment.ProcessId,
            Device = _options.Device,
            Cores = Environment.ProcessorCount,
        };
        foreach (var (key, value) in _options.Labels)
        {
            hello.Labels.Add(key, value);
        }

        if (_inbox.Current is { } current)
        {
            hello.Held = new HeldAssignment
            {
                RunId = current.Assignment.RunId,
                Generation = current.Assignment.Generation,
                Rank = current.Assignment.Rank,
                State = (_state is { } state && state.RunId == current.Assignment.RunId ? state.At : null) ?? new StepState(),
            };
        }

        return hello;
    }

    private void Prepare(Prepare asked)
    {
        if (_state is not null && _state.RunId != asked.RunId)
        {
            Forget();
        }

        try
        {
            _state ??= TrainingState.Create(new Assignment { RunId = asked.RunId, SpecYaml = asked.SpecYaml, OutDir = asked.OutDir });
            _outbox.Mention(new WorkerMessage { Prepared = new Prepared { RunId = asked.RunId } });
        }
        catch (Exception error)
        {
            // Assigned to the run, this worker fails again, and then the coordinator hears of it.
            LogUnprepared(asked.RunId, error.Message);
        }
    }

    private void Forget()
    {
        _state?.Dispose();
        _state = null;
    }

    private void WaitForLastWords(Task session)
    {
        var deadline = _clock.GetTimestamp();
        using var tick = new ManualResetEventSlim();
        while (!_outbox.IsSaid && !session.IsCompleted && _clock.GetElapsedTime(deadline) < s_lastWords)
        {
            tick.Wait(TimeSpan.FromMilliseconds(20));
        }

        tick.Wait(TimeSpan.FromMilliseconds(50));
    }

    [LoggerMessage(3101, LogLevel.Information, "Run {RunId}, generation {Generation}: rank {Rank} of {WorldSize}")]
    private partial void LogAssigned(string runId, long generation, int rank, int worldSize);

    [LoggerMessage(3102, LogLevel.Information, "Run {RunId}, generation {Generation}: {Outcome}: {Text}")]
    private partial void LogLeft(string runId, long generation, Left.Types.Outcome outcome, string text);

    [LoggerMessage(3104, LogLevel.Warning, "This worker could not make itself ready for run {RunId}: {Reason}")]
    private partial void LogUnprepared(string runId, string reason);

    [LoggerMessage(3103, LogLevel.Error, "This worker cannot go on with the run")]
    private partial void LogBroken(Exception error);
}
