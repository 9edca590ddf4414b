using Orchestrator.Protos.V1;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Orchestrator.Cli.Display;

/// <summary>A run as a picture for a terminal.</summary>
internal static class RunPicture
{
    /// <summary>Draws it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="elapsed">Time since it was first shown.</param>
    /// <param name="notes">What happened lately, newest last.</param>
    public static IRenderable Of(RunProgress run, TimeSpan elapsed, IReadOnlyList<string> notes)
    {
        var facts = new Grid().AddColumns(4);
        facts.AddRow(
            Fact("step", $"{run.Done} of {run.TotalSteps}"),
            Fact("loss", run.Step is null ? "-" : $"{run.SmoothedLoss:0.0000}"),
            Fact("tokens/s", run.Step is null ? "-" : RunText.Count(run.TokensPerSecond)),
            Fact("step time", run.Step is null ? "-" : RunText.Duration(TimeSpan.FromSeconds(run.SecondsPerStep))));
        facts.AddRow(
            Fact("elapsed", RunText.Duration(elapsed)),
            Fact("left", run.Remaining is { } left ? RunText.Duration(left) : "-"),
            Fact("validation", run.Evaluation is { } e ? $"{e.ValidationLoss:0.0000}" : "-"),
            Fact("checkpoint", run.Checkpoint is { } c ? $"step {c.Step}" : "-"));

        if (run.Knowledge is { } asked)
        {
            facts.AddRow(Fact("known", $"{asked.Known} of {asked.Questions}"), Fact("learned", $"{asked.Learned}"), Fact("forgotten", $"{asked.Forgotten}"), Fact("asked", $"step {asked.Step}"));
        }

        var parts = new List<IRenderable>
        {
            new Markup($"[bold]{Markup.Escape(run.Name)}[/]  {State(run)}"),
            Bar(run),
            facts,
        };
        if (run.Workers.Count > 0 && !run.HasEnded)
        {
            parts.Add(Workers(run));
        }

        parts.AddRange(run.Warnings.Select(w => new Markup($"[yellow]warning[/] {Markup.Escape(w)}")));
        parts.AddRange(notes.Select(n => new Markup($"[grey]{Markup.Escape(n)}[/]")));
        return new Rows(parts);
    }

    private static Markup Fact(string name, string value) => new($"[grey]{name}[/] {Markup.Escape(value)}");

    private static string State(RunProgress run)
    {
        var colour = run.State switch
        {
            RunState.Running or RunState.Succeeded => "green",
            RunState.Failed or RunState.Cancelled => "red",
            _ => "yellow",
        };
        var reason = run.State == RunState.Running || run.Reason.Length == 0 ? "" : $" [grey]{Markup.Escape(run.Reason)}[/]";
        return $"[{colour}]{RunEventJson.Word(run.State)}[/] [grey]generation {run.Generation}[/]{reason}";
    }

    private static BreakdownChart Bar(RunProgress run) => new BreakdownChart()
        .Width(72)
        .HideTags()
        .AddItem("done", run.Done, Color.Green)
        .AddItem("left", Math.Max(0, run.TotalSteps - run.Done), Color.Grey23);

    private static Table Workers(RunProgress run)
    {
        var table = new Table().Border(TableBorder.None).AddColumns("[grey]rank[/]", "[grey]worker[/]", "[grey]state[/]", "[grey]host[/]", "[grey]process[/]");
        foreach (var worker in run.Workers.Values.OrderBy(w => w.Rank).ThenBy(w => w.WorkerId, StringComparer.Ordinal))
        {
            var colour = worker.State switch { "training" or "evaluating" or "saving" => "green", "silent" or "gone" => "red", _ => "yellow" };
            table.AddRow(
                worker.State == "gone" ? "" : worker.Rank.ToString(),
                Markup.Escape(worker.WorkerId),
                $"[{colour}]{Markup.Escape(worker.State)}[/]",
                Markup.Escape(worker.Host),
                worker.ProcessId.ToString());
        }

        return table;
    }
}
