using System.CommandLine;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Evaluation.Breakdown;
using Orchestrator.Core.Knowledge.ClosedBook;

namespace Orchestrator.Cli.Commands;

/// <summary>Tells which questions of an evaluation were answered right, from its predictions.</summary>
internal static class BreakdownCommand
{
    public static Command Create(CommandContext context)
    {
        var predictions = new Argument<string>("PREDICTIONS") { Description = "The file that 'orchestrator evaluate --out' wrote" };
        var task = new Option<string?>("--task") { Description = $"One of {string.Join(", ", ClosedBookTask.Names)}: its prefix and chief metric, and the form of training files", HelpName = "NAME" };
        var metric = new Option<string?>("--metric") { Description = $"What says which answers are right, one of {string.Join(", ", TextMetrics.Exacts)} (left out: the task's, else squad)", HelpName = "NAME" };
        var train = new Option<string[]>("--train") { Description = "A file of questions that were trained on, of the same form; may be named again", HelpName = "FILE", DefaultValueFactory = _ => [] };
        var json = new Option<bool>("--json") { Description = "One JSON object" };
        var command = new Documented(
            "breakdown",
            "Tells which kinds of questions were answered right, what of them was trained on, and how far confidence says so.",
            "orchestrator breakdown predictions.jsonl --task nq --train NQ-open.train.jsonl",
            "orchestrator breakdown predictions.jsonl --metric exact_match --json")
        {
            predictions, task, metric, train, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                var known = parsed.GetValue(task) is { } name ? ClosedBookTask.Find(name) ?? throw new BadInputException($"task: there is none named '{name}'; choose from {string.Join(", ", ClosedBookTask.Names)}.") : null;
                var by = parsed.GetValue(metric) is { } named ? TextMetrics.Named(named) : EvaluationBreakdown.MetricOf(known?.Metrics ?? []);
                var answers = PredictionFile.Read(parsed.GetValue(predictions)!);
                var breakdown = EvaluationBreakdown.Of(answers, by, known?.Prefix ?? "", TrainingOverlap.Read(parsed.GetValue(train)!, known));
                context.Terminal.Out.WriteLine(parsed.GetValue(json) ? RunEventJson.Line(BreakdownText.Event(breakdown)) : BreakdownText.Of(breakdown));
                return ExitCodes.Done;
            },
            cancellationToken));
        return command;
    }
}
