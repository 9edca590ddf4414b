using Spectre.Console;
using Spectre.Console.Rendering;

namespace Orchestrator.Cli.Display;

/// <summary>A picture that is drawn anew in place, four times a second.</summary>
internal sealed class LivePicture : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly Func<IRenderable> _picture;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _drawing;

    /// <summary>Starts to draw.</summary>
    /// <param name="screen">Where.</param>
    /// <param name="picture">What there is to see now; called from a thread of its own.</param>
    /// <param name="clock">Says when.</param>
    public LivePicture(IAnsiConsole screen, Func<IRenderable> picture, TimeProvider clock)
    {
        (_picture, _clock) = (picture, clock);
        _drawing = Task.Run(() => DrawAsync(screen));
    }

    /// <summary>Draws the last state, which stays on the screen.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _drawing;
        _ended.Dispose();
    }

    private Task DrawAsync(IAnsiConsole screen) => screen.Live(_picture()).AutoClear(false).Overflow(VerticalOverflow.Ellipsis).StartAsync(async context =>
    {
        using var timer = new PeriodicTimer(s_interval, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                context.UpdateTarget(_picture());
            }
        }
        catch (OperationCanceledException)
        {
            context.UpdateTarget(_picture());
        }
    });
}
