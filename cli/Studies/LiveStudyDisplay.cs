using Orchestrator.Cli.Display;
using Orchestrator.Core.Knowledge.Studies;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Orchestrator.Cli.Studies;

/// <summary>A table with a row a cell, live.</summary>
internal sealed class LiveStudyDisplay : IStudyDisplay
{
    private const int BarWidth = 20, NotesKept = 3;

    private readonly Lock _gate = new();
    private readonly StudyPlan _plan;
    private readonly StudyGraph _graph;
    private readonly TimeProvider _clock;
    private readonly long _began;
    private readonly Dictionary<StudyStage, StageProgress> _stages = [];
    private readonly Dictionary<string, IStudyResult> _results = new(StringComparer.Ordinal);
    private readonly Queue<string> _notes = new();
    private readonly LivePicture _live;

    /// <summary>Starts to draw.</summary>
    public LiveStudyDisplay(IAnsiConsole screen, StudyPlan plan, StudyGraph graph, TimeProvider clock)
    {
        (_plan, _graph, _clock, _began) = (plan, graph, clock, clock.GetTimestamp());
        _live = new LivePicture(screen, Picture, clock);
    }

    public void Show(StudyStage stage, StageProgress progress)
    {
        lock (_gate)
        {
            _stages[stage] = progress;
        }
    }

    public void Show(StudyCell cell, IStudyResult result)
    {
        lock (_gate)
        {
            _results[cell.Name] = result;
        }
    }

    public void Note(string text)
    {
        lock (_gate)
        {
            _notes.Enqueue(text);
            if (_notes.Count > NotesKept)
            {
                _notes.Dequeue();
            }
        }
    }

    /// <summary>Draws the last state, which stays on the screen.</summary>
    public ValueTask DisposeAsync() => _live.DisposeAsync();

    private Rows Picture()
    {
        lock (_gate)
        {
            var table = new Table().Border(TableBorder.None)
                .AddColumns("[grey]arm[/]", "[grey]stage[/]", "[grey]done[/]", "[grey]step[/]", "[grey]loss[/]", "[grey]left[/]")
                .AddColumns([.. _plan.Scores.Select(score => $"[grey]{Markup.Escape(score)}[/]")]);
            foreach (var cell in _plan.Cells)
            {
                table.AddRow(Row(cell));
            }

            var done = _graph.Stages.Count(stage => _stages.GetValueOrDefault(stage)?.State == StageState.Done);
            var parts = new List<IRenderable>
            {
                new Markup($"[bold]{Markup.Escape(_plan.Name)}[/]  [grey]{done} of {_graph.Stages.Count} stages, {RunText.Duration(_clock.GetElapsedTime(_began))}[/]"),
                table,
            };
            parts.AddRange(_notes.Select(note => new Markup($"[grey]{Markup.Escape(note)}[/]")));
            return new Rows(parts);
        }
    }

    private string[] Row(StudyCell cell)
    {
        var stages = _graph.Of(cell);
        var now = stages.FirstOrDefault(stage => State(stage) is StageState.Running or StageState.Failed) ?? stages.FirstOrDefault(stage => State(stage) != StageState.Done);
        var progress = now is null ? null : _stages.GetValueOrDefault(now);
        var share = (stages.Count(stage => State(stage) == StageState.Done) + (progress is { Total: > 0 } ? (double)progress.Done / progress.Total : 0)) / stages.Count;
        var full = (int)Math.Round(BarWidth * Math.Clamp(share, 0, 1));
        var colour = progress?.State switch { StageState.Failed => "red", StageState.Running => "green", _ => now is null ? "green" : "yellow" };
        var result = _results.GetValueOrDefault(cell.Name);
        return
        [
            Markup.Escape($"{cell.Arm} {cell.Model} {cell.Seed}"),
            now is null ? "[green]done[/]" : $"[{colour}]{StudyStage.Word(now.Kind)}[/]{(progress?.State == StageState.Failed ? " [red]failed[/]" : "")}",
            $"[{colour}]{new string('━', full)}[/][grey23]{new string('━', BarWidth - full)}[/]",
            progress is { Total: > 0 } ? $"{progress.Done}/{progress.Total}" : "",
            progress?.Loss is { } loss ? $"{loss:0.000}" : "",
            progress?.Left is { } left ? RunText.Duration(left) : "",
            .. _plan.Scores.Select((_, place) => result is null ? "" : $"{result.Scores[place].Value:0.0}{(place == 0 && result.IsUnderTrained ? " [yellow]under-trained[/]" : "")}"),
        ];
    }

    private StageState State(StudyStage stage) => _stages.GetValueOrDefault(stage)?.State ?? StageState.Waiting;
}
