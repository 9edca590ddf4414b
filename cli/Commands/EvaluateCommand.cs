using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orchestrator.Cli.Display;
using Orchestrator.Core;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.ClosedBook;

namespace Orchestrator.Cli.Commands;

/// <summary>Measures a model: its predictions against the right answers, its loss on a corpus.</summary>
internal static class EvaluateCommand
{
    public static Command Create(CommandContext context)
    {
        var fallback = new EvaluateRequest();
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "A checkpoint's folder, a run's (then its newest), or a Hugging Face T5's" };
        var task = new Option<string?>("--task") { Description = "A file of examples: input, tab, target, more targets after tabs; or .jsonl with input and target or targets. Or nq, wq, tqa, nq_nocontext or their full names, with --data", HelpName = "FILE|NAME" };
        var data = new Option<string?>("--data") { Description = "The file of a task that is named, JSON lines or JSON, as it is published", HelpName = "FILE" };
        var metrics = new Option<string[]>("--metric") { Description = $"One of {string.Join(", ", TextMetrics.Names)}; may be named again", HelpName = "NAME", DefaultValueFactory = _ => [] };
        var prefix = new Option<string?>("--prefix") { Description = "What stands before every input", HelpName = "TEXT" };
        var template = new Option<string?>("--template") { Description = "What the model reads, {input} standing for the input", HelpName = "TEXT" };
        var limit = new Option<long?>("--limit") { Description = "Only the first N examples", HelpName = "N" };
        var batch = new Option<int>("--batch") { Description = "Examples at once", HelpName = "N", DefaultValueFactory = _ => fallback.Batch };
        var longest = new Option<int>("--max-input") { Description = "Tokens of an input at most", HelpName = "N", DefaultValueFactory = _ => fallback.MaxInputTokens };
        var truncate = new Option<bool>("--truncate") { Description = "Cut longer inputs, not refuse them" };
        var output = new Option<string?>("--out") { Description = "Where predictions go, JSON lines; started again with the same file, it goes on", HelpName = "FILE" };
        var perplexity = new Option<string?>("--perplexity") { Description = "A corpus: measure the loss on its validation half", HelpName = "CORPUS" };
        var breakdown = new Option<bool>("--breakdown") { Description = "Tell which kinds of questions were answered right, and how far the model's confidence says so" };
        var train = new Option<string[]>("--train") { Description = "A file of questions that were trained on, of the same form: the breakdown tells what of a question was; may be named again", HelpName = "FILE", DefaultValueFactory = _ => [] };
        var generation = new GenerationArguments();
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "evaluate",
            "Scores a model's predictions for a file of examples, or measures its loss on a corpus.",
            "orchestrator evaluate quickstart --perplexity quickstart/corpus",
            "orchestrator evaluate runs/first --task dev.tsv --metric squad --metric f1 --out predictions.jsonl",
            "orchestrator evaluate runs/first --task nq --data nq-open.dev.jsonl --beams 4",
            "orchestrator evaluate runs/first --task wq --data test.json --breakdown --train trainmodel.json --train val.json")
        {
            checkpoint, task, data, metrics, prefix, template, limit, batch, longest, truncate, output, breakdown, train, perplexity, json,
        };
        generation.AddTo(command);
        command.SetAction((parsed, _) =>
        {
            var known = parsed.GetValue(task) is { } name ? ClosedBookTask.Find(name) : null;
            var request = new EvaluateRequest
            {
                Checkpoint = parsed.FullPath(checkpoint),
                Examples = Examples(parsed.GetValue(task), known, parsed.GetValue(data)),
                Dataset = known?.Name,
                Template = Template(parsed.GetValue(template), parsed.GetValue(prefix), known),
                Metrics = parsed.GetValue(metrics) is { Length: > 0 } named ? named : known?.Metrics ?? [],
                Generation = generation.Of(parsed),
                Limit = parsed.GetValue(limit),
                Batch = parsed.GetValue(batch),
                MaxInputTokens = parsed.GetValue(longest),
                Truncate = parsed.GetValue(truncate),
                Out = parsed.FullPathOrNull(output),
                Breakdown = parsed.GetValue(breakdown),
                Train = parsed.FullPaths(train),
                PerplexityCorpus = parsed.FullPathOrNull(perplexity),
            };
            request.Validate();
            return JobCommands.RunAsync(context, EvaluateRequest.JobName, request, parsed.GetValue(json), Text);
        });
        return command;
    }

    private static string? Examples(string? task, ClosedBookTask? known, string? data)
    {
        if (known is null)
        {
            return data is null
                ? task is null ? null : NamedPaths.Full("--task", task)
                : throw new BadInputException($"data: it goes with a task by name; choose from {string.Join(", ", ClosedBookTask.Names)} with --task, or name the file with --task.");
        }

        return NamedPaths.Full("--data", data ?? throw new BadInputException($"data: {known.Name} is {known.Title}; name its file with --data."));
    }

    private static string Template(string? template, string? prefix, ClosedBookTask? known)
    {
        if (template is not null && prefix is not null)
        {
            throw new BadInputException("template: --prefix was given too; write it into the template.");
        }

        return template ?? (prefix ?? known?.Prefix) + "{input}";
    }

    private static string? Text(JsonElement happened) => happened.GetProperty("event").GetString() switch
    {
        "notice" => happened.GetProperty("sentence").GetString(),
        "breakdown" => BreakdownText.Of(BreakdownText.Read(happened)),
        "resumed" => $"{happened.GetProperty("examples").GetInt64()} predictions were there already.",
        "score" => string.Create(CultureInfo.InvariantCulture, $"{happened.GetProperty("metric").GetString(),-16} {happened.GetProperty("value").GetDouble(),8:F2}"),
        "perplexity" => string.Create(
            CultureInfo.InvariantCulture,
            $"{"loss",-16} {happened.GetProperty("loss").GetDouble(),8:F4}\n{"perplexity",-16} {happened.GetProperty("perplexity").GetDouble(),8:F2}{Bits(happened)}\n{"tokens",-16} {happened.GetProperty("tokens").GetInt64(),8}"),
        "finished" when happened.GetProperty("examples").GetInt64() > 0 => string.Create(
            CultureInfo.InvariantCulture,
            $"{"examples",-16} {happened.GetProperty("examples").GetInt64(),8}{Cut(happened)}"),
        _ => null,
    };

    private static string Bits(JsonElement happened) =>
        happened.TryGetProperty("bits_per_byte", out var bits) ? string.Create(CultureInfo.InvariantCulture, $"\n{"bits per byte",-16} {bits.GetDouble(),8:F4}") : "";

    private static string Cut(JsonElement happened) =>
        happened.GetProperty("truncated").GetInt64() is var cut and > 0 ? $", {cut} of them with a cut input" : "";
}
