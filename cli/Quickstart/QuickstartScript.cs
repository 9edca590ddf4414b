using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Local;
using Orchestrator.Protos.V1;
using Spectre.Console;

namespace Orchestrator.Cli.Quickstart;

/// <summary>What a quickstart says: JSON lines, or text for people.</summary>
internal sealed class QuickstartScript(Terminal terminal, bool json)
{
    private static readonly string[] s_names = ["text", "vocabulary", "shards", "train", "result"];
    private long _lastProgress;
    private string _lastStage = "";

    /// <summary>The terminal to draw on, or null where lines are wanted.</summary>
    public IAnsiConsole? Screen => json ? null : terminal.Screen;

    /// <summary>A stage begins.</summary>
    /// <param name="number">1 to 5.</param>
    /// <param name="what">What it does.</param>
    public void Stage(int number, string what)
    {
        if (json)
        {
            Write(new JsonObject { ["event"] = "stage", ["stage"] = s_names[number - 1], ["number"] = number, ["of"] = s_names.Length, ["text"] = what });
        }
        else if (Screen is { } screen)
        {
            screen.MarkupLine($"[bold green]{number}/5[/] [bold]{s_names[number - 1]}[/]  {Markup.Escape(what)}");
        }
        else
        {
            Say($"[{number}/5] {s_names[number - 1]}: {what}");
        }
    }

    /// <summary>How far a stage is. As text, a line every five seconds.</summary>
    public void Progress(JsonElement progress)
    {
        if (json)
        {
            Write(JsonObject.Create(progress)!);
            return;
        }

        var stage = progress.GetProperty("stage").GetString()!;
        if (Screen is null && (stage != _lastStage || TimeProvider.System.GetElapsedTime(_lastProgress) > TimeSpan.FromSeconds(5)))
        {
            _lastStage = stage;
            _lastProgress = TimeProvider.System.GetTimestamp();
            var total = progress.TryGetProperty("total", out var t) && t.ValueKind == JsonValueKind.Number ? $" of {t.GetInt64()}" : "";
            Say($"      {stage}: {progress.GetProperty("done").GetInt64()}{total} {progress.GetProperty("unit").GetString()}");
        }
    }

    /// <summary>How much of the text was kept, and why the rest was not.</summary>
    public void Report(JsonElement report)
    {
        if (json)
        {
            Write(JsonObject.Create(report)!);
            return;
        }

        Say(CorpusReport.Of(report, "      "));
    }

    /// <summary>What the corpus holds.</summary>
    public void CorpusFacts(JsonElement finished)
    {
        if (json)
        {
            var line = JsonObject.Create(finished)!;
            line["event"] = "corpus";
            Write(line);
            return;
        }

        Say(CorpusReport.Facts(finished, "      "));
    }

    /// <summary>The validation loss beside what a model without context would lose.</summary>
    public void Result(Run run, Baselines baselines)
    {
        if (json)
        {
            return;
        }

        if (!run.HasValidationLoss)
        {
            Say("      The run took no validation loss.");
            return;
        }

        var verdict = run.ValidationLoss < baselines.BigramEntropy ? "below both: it uses the context"
            : run.ValidationLoss < baselines.UnigramEntropy ? "below the first alone: it needs more steps"
            : "above both: it needs many more steps";
        Say($"      unigram entropy    {baselines.UnigramEntropy,7:0.000} nats a token");
        Say($"      bigram entropy     {baselines.BigramEntropy,7:0.000}");
        Say($"      validation loss    {run.ValidationLoss,7:0.000}  {verdict}");
        Say("");
    }

    /// <summary>A masked sentence with the model's fillings.</summary>
    public void Filled(ClozeSentence sentence, IReadOnlyList<string> spans)
    {
        if (json)
        {
            Write(new JsonObject
            {
                ["event"] = "filled",
                ["masked"] = sentence.Masked,
                ["truth"] = new JsonArray([.. sentence.Truth.Select(t => JsonValue.Create(t))]),
                ["filled"] = new JsonArray([.. spans.Select(s => JsonValue.Create(s))]),
            });
            return;
        }

        if (Screen is { } screen)
        {
            var text = Markup.Escape(sentence.Masked);
            for (var span = 0; span < spans.Count; span++)
            {
                text = text.Replace($"<extra_id_{span}>", $"[green]{Markup.Escape(Shown(spans[span]))}[/] [grey]({Markup.Escape(sentence.Truth[span])})[/]", StringComparison.Ordinal);
            }

            screen.Write(new Padder(new Markup(text), new Padding(6, 0, 0, 0)));
            return;
        }

        var line = sentence.Masked;
        for (var span = 0; span < spans.Count; span++)
        {
            line = line.Replace($"<extra_id_{span}>", $"[{Shown(spans[span])}] (was: {sentence.Truth[span]})", StringComparison.Ordinal);
        }

        Say("      " + line);
    }

    /// <summary>The end: where the checkpoint is and what to type next.</summary>
    public void Finished(Run run, Baselines? baselines, RunFolder folder)
    {
        if (json)
        {
            var line = RunEventJson.Finished(run);
            line["unigram_entropy"] = baselines?.UnigramEntropy;
            line["bigram_entropy"] = baselines?.BigramEntropy;
            Write(line);
            return;
        }

        var shown = TrainCommand.Shown(folder);
        Say("");
        Say($"      checkpoint      {run.CheckpointPath}");
        Say($"      weights digest  {RunEventJson.Digest(run.WeightsDigest)} (the same for every number of workers)");
        Say("");
        Say("Next:");
        Say($"  orchestrator quickstart --out {shown} --steps {run.TotalSteps * 2}     train it for longer; after Ctrl-C or a kill: orchestrator resume {shown}");
        Say($"  orchestrator answer {shown} \"The <extra_id_0> statement creates a table.\"");
        Say($"  orchestrator checkpoint verify {shown}");
        Say($"  orchestrator train {shown}/run.yaml --workers 1 --out runs/again    the same weights from one worker");
        Say("  orchestrator corpus build --input DIR --out corpus    text of your own; then 'train' or 'submit' a copy of examples/tiny.yaml");
    }

    /// <summary>A line for people.</summary>
    public void Say(string text)
    {
        if (!json)
        {
            terminal.Out.WriteLine(text);
            terminal.Out.Flush();
        }
        else if (text.Length > 0)
        {
            Write(new JsonObject { ["event"] = "note", ["text"] = text });
        }
    }

    private static string Shown(string span) => span.Length > 0 ? span : "nothing";

    private void Write(JsonObject line)
    {
        terminal.Out.WriteLine(RunEventJson.Line(line));
        terminal.Out.Flush();
    }
}
