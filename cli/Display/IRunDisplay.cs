using System.Text.Json.Nodes;
using Orchestrator.Cli.Hosting;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Display;

/// <summary>Shows a run while it goes on.</summary>
internal interface IRunDisplay : IAsyncDisposable
{
    /// <summary>Something happened to the run.</summary>
    void Show(RunEvent happened, RunProgress after);

    /// <summary>Whether it shows what each worker does at the moment, and so wants <see cref="Workers"/> told every second.</summary>
    bool WantsWorkers => false;

    /// <summary>What each worker does now.</summary>
    void Workers(IEnumerable<WorkerStatus> workers)
    {
    }

    /// <summary>Something happened around the run: a process died, an interrupt came.</summary>
    void Note(string text);
}

/// <summary>Tells a display what the workers do.</summary>
internal static class WorkerRefresh
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <summary>Asks every second until cancelled. What a worker does changes too often to be an event of the run.</summary>
    public static async Task FollowAsync(IRunDisplay display, Func<Task<Run>> get, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!display.WantsWorkers)
        {
            return;
        }

        using var timer = new PeriodicTimer(s_interval, clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                display.Workers((await get()).Workers);
            }
            catch (Grpc.Core.RpcException)
            {
                // The coordinator is away for a moment; whoever follows the run's events judges that.
            }
        }
    }
}

/// <summary>JSON lines, an <c>event</c> each.</summary>
internal sealed class JsonDisplay(TextWriter output) : IRunDisplay
{
    public void Show(RunEvent happened, RunProgress after) => Write(RunEventJson.Of(happened, after));

    public void Note(string text) => Write(new JsonObject { ["event"] = "note", ["text"] = text });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Write(JsonObject line)
    {
        output.WriteLine(RunEventJson.Line(line));
        output.Flush();
    }
}

/// <summary>Plain lines. Of the steps, a line at most every <see cref="StepInterval"/>, and the first and the last.</summary>
internal sealed class PlainDisplay(TextWriter output, TimeProvider clock) : IRunDisplay
{
    private long _lastStep;
    private bool _anyStep;

    /// <summary>The least time between two lines about steps.</summary>
    public TimeSpan StepInterval { get; init; } = TimeSpan.FromSeconds(2);

    public void Show(RunEvent happened, RunProgress after)
    {
        if (happened.EventCase == RunEvent.EventOneofCase.Step)
        {
            if (_anyStep && after.Done < after.TotalSteps && clock.GetElapsedTime(_lastStep) < StepInterval)
            {
                return;
            }

            _anyStep = true;
            _lastStep = clock.GetTimestamp();
        }

        if (RunText.Line(happened, after) is { } line)
        {
            Note(line);
        }
    }

    public void Note(string text)
    {
        output.WriteLine(text);
        output.Flush();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Chooses how to show a run.</summary>
internal static class RunDisplays
{
    /// <summary>JSON lines where asked for, a live picture in a terminal, plain lines else.</summary>
    public static IRunDisplay For(Terminal terminal, bool json, RunProgress run, TimeProvider clock) =>
        json ? new JsonDisplay(terminal.Out)
        : terminal.Screen is { } screen ? new LiveDisplay(screen, run, clock)
        : new PlainDisplay(terminal.Out, clock);
}
