using System.Text.Json.Nodes;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core.Knowledge.Studies;

namespace Orchestrator.Cli.Studies;

/// <summary>Chooses how to show a study.</summary>
internal static class StudyDisplays
{
    /// <summary>JSON lines where asked for, a live table in a terminal, plain lines else.</summary>
    public static IStudyDisplay For(Terminal terminal, bool json, StudyPlan plan, StudyGraph graph, TimeProvider clock) =>
        json ? new JsonStudyDisplay(terminal.Out, clock)
        : terminal.Screen is { } screen ? new LiveStudyDisplay(screen, plan, graph, clock)
        : new PlainStudyDisplay(terminal.Out, plan, clock);

    /// <summary>A result in one line.</summary>
    public static string Line(StudyPlan plan, StudyCell cell, IStudyResult result) =>
        $"{cell.Name}: {string.Join(", ", plan.Scores.Zip(result.Scores, (name, score) => $"{name} {score.Value:0.0} %"))}{(result.IsUnderTrained ? " (under-trained: says nothing)" : "")}";
}

/// <summary>Lets a stage's progress through when its state changes, and otherwise now and then.</summary>
internal sealed class StageThrottle(TimeSpan interval, TimeProvider clock)
{
    private readonly Dictionary<StudyStage, (StageState State, long At)> _last = [];

    /// <summary>Whether to show this.</summary>
    public bool Lets(StudyStage stage, StageProgress progress)
    {
        var now = clock.GetTimestamp();
        if (_last.TryGetValue(stage, out var last) && last.State == progress.State && clock.GetElapsedTime(last.At, now) < interval)
        {
            return false;
        }

        _last[stage] = (progress.State, now);
        return true;
    }
}

/// <summary>JSON lines, an <c>event</c> each; of a stage's steps a line a second at most.</summary>
internal sealed class JsonStudyDisplay(TextWriter output, TimeProvider clock) : IStudyDisplay
{
    private readonly Lock _gate = new();
    private readonly StageThrottle _throttle = new(TimeSpan.FromSeconds(1), clock);

    public void Show(StudyStage stage, StageProgress progress)
    {
        lock (_gate)
        {
            if (_throttle.Lets(stage, progress))
            {
                Write(new JsonObject
                {
                    ["event"] = "stage",
                    ["stage"] = stage.Name,
                    ["kind"] = StudyStage.Word(stage.Kind),
                    ["cell"] = stage.Cell.Name,
                    ["state"] = progress.State.ToString().ToLowerInvariant(),
                    ["done"] = progress.Done,
                    ["total"] = progress.Total > 0 ? progress.Total : null,
                    ["loss"] = progress.Loss,
                    ["left_seconds"] = progress.Left?.TotalSeconds,
                });
            }
        }
    }

    public void Show(StudyCell cell, IStudyResult result)
    {
        var line = new JsonObject { ["event"] = "result", ["cell"] = cell.Name };
        foreach (var (key, value) in result.Scores)
        {
            line[key] = value;
        }

        line["under_trained"] = result.IsUnderTrained;
        Locked(line);
    }

    public void Note(string text) => Locked(new JsonObject { ["event"] = "note", ["text"] = text });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Locked(JsonObject line)
    {
        lock (_gate)
        {
            Write(line);
        }
    }

    private void Write(JsonObject line)
    {
        output.WriteLine(RunEventJson.Line(line));
        output.Flush();
    }
}

/// <summary>Plain lines; of a stage's steps one in ten seconds at most.</summary>
internal sealed class PlainStudyDisplay(TextWriter output, StudyPlan plan, TimeProvider clock) : IStudyDisplay
{
    private readonly Lock _gate = new();
    private readonly StageThrottle _throttle = new(TimeSpan.FromSeconds(10), clock);

    public void Show(StudyStage stage, StageProgress progress)
    {
        lock (_gate)
        {
            if (progress.State != StageState.Waiting && _throttle.Lets(stage, progress))
            {
                Write($"{stage.Cell.Name,-34} {StudyStage.Word(stage.Kind),-15} {StudyText.Of(progress)}");
            }
        }
    }

    public void Show(StudyCell cell, IStudyResult result) => Note(StudyDisplays.Line(plan, cell, result));

    public void Note(string text)
    {
        lock (_gate)
        {
            Write(text);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Write(string line)
    {
        output.WriteLine(line);
        output.Flush();
    }
}

/// <summary>Progress as people read it.</summary>
internal static class StudyText
{
    /// <summary>State, steps, loss and time left.</summary>
    public static string Of(StageProgress progress)
    {
        var steps = progress is { State: StageState.Running, Total: > 0 } ? $" {progress.Done}/{progress.Total}" : "";
        var loss = progress is { State: StageState.Running, Loss: { } value } ? $"  loss {value:0.0000}" : "";
        var left = progress is { State: StageState.Running, Left: { } time } ? $"  {RunText.Duration(time)} left" : "";
        return progress.State.ToString().ToLowerInvariant() + steps + loss + left;
    }
}
