using Orchestrator.Protos.V1;
using Spectre.Console;

namespace Orchestrator.Cli.Display;

/// <summary>A picture of the run that is drawn anew in place, four times a second and when something other than a step happens.</summary>
internal sealed class LiveDisplay : IRunDisplay
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _state = new();
    private readonly List<string> _notes = [];
    private readonly TimeProvider _clock;
    private readonly long _started;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _drawing;
    private IReadOnlyList<WorkerStatus> _workers = [];
    private RunProgress _run;

    /// <summary>Starts to draw.</summary>
    public LiveDisplay(IAnsiConsole screen, RunProgress run, TimeProvider clock)
    {
        _run = run;
        _clock = clock;
        _started = clock.GetTimestamp();
        _drawing = Task.Run(() => DrawAsync(screen));
    }

    public bool WantsWorkers => true;

    public void Workers(IEnumerable<WorkerStatus> workers)
    {
        lock (_state)
        {
            _workers = [.. workers];
        }
    }

    public void Show(RunEvent happened, RunProgress after)
    {
        lock (_state)
        {
            _run = after;
        }
    }

    public void Note(string text)
    {
        lock (_state)
        {
            _notes.Add(text);
            if (_notes.Count > 4)
            {
                _notes.RemoveAt(0);
            }
        }
    }

    /// <summary>Draws the last state, which stays on the screen.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _drawing;
        _ended.Dispose();
    }

    private async Task DrawAsync(IAnsiConsole screen)
    {
        await screen.Live(Picture()).AutoClear(false).Overflow(VerticalOverflow.Ellipsis).StartAsync(async context =>
        {
            using var timer = new PeriodicTimer(s_interval, _clock);
            try
            {
                while (await timer.WaitForNextTickAsync(_ended.Token))
                {
                    context.UpdateTarget(Picture());
                }
            }
            catch (OperationCanceledException)
            {
                context.UpdateTarget(Picture());
            }
        });
    }

    private Spectre.Console.Rendering.IRenderable Picture()
    {
        lock (_state)
        {
            return RunPicture.Of(_run.WithWorkers(_workers), _clock.GetElapsedTime(_started), [.. _notes]);
        }
    }
}
