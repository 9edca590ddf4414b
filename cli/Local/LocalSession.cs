using Orchestrator.Cli.Cluster;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core;

namespace Orchestrator.Cli.Local;

/// <summary>A coordinator and workers on this machine, for one run's folder. Whoever dies is started again, a few times.</summary>
internal sealed class LocalSession : IAsyncDisposable
{
    private const int Restarts = 5;
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    private readonly RunFolder _folder;
    private readonly string _token;
    private readonly int _threads;
    private readonly Action<string> _note;
    private readonly TimeProvider _clock;
    private readonly Lock _state = new();
    private readonly Dictionary<string, ChildProcess> _children = [];
    private readonly List<Task> _keepers = [];
    private readonly TaskCompletionSource _fault = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private bool _stopping;
    private volatile string? _diskFull;

    private LocalSession(RunFolder folder, int threads, Action<string> note, TimeProvider clock)
    {
        _folder = folder;
        _token = folder.ReadOrMakeToken();
        _threads = threads;
        _note = note;
        _clock = clock;
    }

    /// <summary>The connection to the coordinator.</summary>
    public Connection Connection { get; private set; } = null!;

    /// <summary>While the coordinator is gone because its disk is full: that, as the beginning of a sentence; else null.</summary>
    public string? DiskFull => _diskFull;

    /// <summary>Faults when a process cannot be kept alive; never ends otherwise.</summary>
    public Task Fault => _fault.Task;

    /// <summary>Starts the coordinator and waits until it serves.</summary>
    /// <exception cref="BadInputException">It refuses its input, with its reason.</exception>
    /// <exception cref="SessionFailedException">It does not start.</exception>
    public static async Task<LocalSession> StartAsync(
        RunFolder folder, int threads, Action<string> note, TimeProvider clock, CancellationToken cancellationToken)
    {
        var session = new LocalSession(folder, threads, note, clock);
        try
        {
            await folder.AwaitLeftoversAsync(s_stopLimit, clock, cancellationToken);
            File.Delete(folder.Endpoint);
            var coordinator = session.StartCoordinator(new Uri("http://127.0.0.1:0"));
            var url = await session.EndpointAsync(coordinator, cancellationToken);
            session.Connection = new Connection(url, session._token);
            session.Keep(coordinator, () => session.StartCoordinator(url));
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts workers, one rank each.</summary>
    public void StartWorkers(int count)
    {
        for (var index = 0; index < count; index++)
        {
            var name = $"worker {index}";
            Keep(StartWorker(name), () => StartWorker(name));
        }
    }

    /// <summary>Ends every process at once.</summary>
    public void Kill()
    {
        lock (_state)
        {
            _stopping = true;
            _ending.Cancel();
            foreach (var child in _children.Values)
            {
                child.Kill();
            }
        }
    }

    /// <summary>Asks every process to leave, workers before the coordinator, and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        List<ChildProcess> children;
        lock (_state)
        {
            _stopping = true;
            _ending.Cancel();
            children = [.. _children.Values];
        }

        Connection?.Dispose();
        await Task.WhenAll(children.Where(c => c.Name != "coordinator").Select(c => c.StopAsync(s_stopLimit, _clock)));
        await Task.WhenAll(children.Where(c => c.Name == "coordinator").Select(c => c.StopAsync(s_stopLimit, _clock)));
        await Task.WhenAll(_keepers);
        children.ForEach(c => c.Dispose());
        _ending.Dispose();
    }

    private ChildProcess StartCoordinator(Uri listen) =>
        Start("coordinator", Programs.Coordinator, ["--listen", listen.ToString().TrimEnd('/'), "--data", _folder.Coordinator]);

    private ChildProcess StartWorker(string name) =>
        Start(name, Programs.Worker, ["run", "--coordinator", Connection.Url.ToString().TrimEnd('/')]);

    private ChildProcess Start(string name, string program, string[] arguments)
    {
        var environment = WorkerEnvironment.For(_threads, _token, Environment.GetEnvironmentVariable);
        lock (_state)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            var child = ChildProcess.Start(name, program, arguments, environment, _folder.Log(name));
            _children[name] = child;
            return child;
        }
    }

    // Starts the process again each time it leaves by itself, until it did so too often.
    private void Keep(ChildProcess first, Func<ChildProcess> startAgain)
    {
        _keepers.Add(KeepAsync());

        async Task KeepAsync()
        {
            var child = first;
            var (pause, served) = (s_firstPause, _clock.GetTimestamp());
            for (var restarts = 0; ; restarts++)
            {
                var code = await child.Exited;
                lock (_state)
                {
                    if (_stopping)
                    {
                        return;
                    }
                }

                if (code == ExitCodes.DiskFull)
                {
                    // A little room is used up at once: only one that served for a while begins with short pauses again.
                    pause = _clock.GetElapsedTime(served) > s_longestPause ? s_firstPause : pause;
                    if (await StartWhenThereIsRoomAsync(child, startAgain, pause) is not var (next, last))
                    {
                        return;
                    }

                    (child, pause, served) = (next, last, _clock.GetTimestamp());
                    restarts = -1;
                    continue;
                }

                var words = child.LastLine();
                if (code == ExitCodes.BadInput)
                {
                    _fault.TrySetException(new BadInputException(words));
                    return;
                }

                if (restarts == Restarts)
                {
                    _fault.TrySetException(new SessionFailedException($"The {child.Name} died {restarts + 1} times, the last time with exit code {code}; its log is {child.Log}."));
                    return;
                }

                _note($"The {child.Name} (process {child.Id}) ended with exit code {code}; it is started again.");
                child.Dispose();
                try
                {
                    child = startAgain();
                }
                catch (ObjectDisposedException)
                {
                    return;
                }
            }
        }
    }

    // The ranks train on as far as their plan reaches, and keep their reports. Starting costs little: the first pauses are short.
    private async Task<(ChildProcess Child, TimeSpan Pause)?> StartWhenThereIsRoomAsync(ChildProcess child, Func<ChildProcess> startAgain, TimeSpan pause)
    {
        _diskFull = FullSentence;
        try
        {
            while (true)
            {
                _note($"{FullSentence}. It is tried again in {pause.TotalSeconds:0} s; until then the workers train as far as their plan reaches.");
                await Task.Delay(pause, _clock, _ending.Token);
                pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
                child.Dispose();
                File.Delete(_folder.Endpoint);
                child = startAgain();
                while (!child.Exited.IsCompleted && !File.Exists(_folder.Endpoint))
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50), _clock, _ending.Token);
                }

                if (!child.Exited.IsCompleted || await child.Exited != ExitCodes.DiskFull)
                {
                    _diskFull = null;
                    _note("The disk has room again: the coordinator is started.");
                    return (child, pause);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    private string FullSentence => $"disk full: the coordinator cannot write to {_folder.Coordinator}";

    private SessionFailedException Full() => new($"{FullSentence}; make room and try again.", ExitCodes.DiskFull);

    private async Task<Uri> EndpointAsync(ChildProcess coordinator, CancellationToken cancellationToken)
    {
        var started = _clock.GetTimestamp();
        while (_clock.GetElapsedTime(started) < s_startLimit)
        {
            if (File.Exists(_folder.Endpoint) && Uri.TryCreate(File.ReadAllText(_folder.Endpoint).Trim(), UriKind.Absolute, out var url))
            {
                return url;
            }

            if (coordinator.Exited.IsCompleted)
            {
                var code = await coordinator.Exited;
                throw code == ExitCodes.BadInput ? new BadInputException(coordinator.LastLine())
                    : code == ExitCodes.DiskFull ? Full()
                    : new SessionFailedException($"The coordinator did not start (exit code {code}): {coordinator.LastLine()} Its log is {coordinator.Log}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), _clock, cancellationToken);
        }

        throw new SessionFailedException($"The coordinator did not serve within {s_startLimit.TotalSeconds:0} seconds; its log is {coordinator.Log}.");
    }
}

/// <summary>The processes of a local run cannot be kept alive; the message is a sentence for people.</summary>
internal sealed class SessionFailedException(string message, int exitCode = ExitCodes.Failed) : Exception(message)
{
    /// <summary>What the command ends with.</summary>
    public int ExitCode => exitCode;
}
