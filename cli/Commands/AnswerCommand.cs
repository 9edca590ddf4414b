using System.CommandLine;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary>Asks a checkpoint's model.</summary>
internal static class AnswerCommand
{
    public static Command Create(CommandContext context)
    {
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "A checkpoint's folder, or a run's: then its newest" };
        var questions = new Argument<string[]>("QUESTION") { Description = "What it is asked; <extra_id_0>, <extra_id_1> and so on stand for words to fill in", Arity = ArgumentArity.ZeroOrMore };
        var input = new Option<string?>("--input") { Description = "A file of questions, one a line", HelpName = "FILE" };
        var generation = new GenerationArguments();
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "answer",
            "Asks a checkpoint's model and prints what it generates.",
            "orchestrator answer quickstart \"The <extra_id_0> statement creates a table.\"",
            "orchestrator answer quickstart --beams 4 \"A view is <extra_id_0> query.\" --json",
            "orchestrator answer quickstart --input questions.txt --top-p 0.9 --seed 7")
        {
            checkpoint, questions, input, json,
        };
        generation.AddTo(command);
        command.SetAction((parsed, _) =>
        {
            var request = new AnswerRequest
            {
                Checkpoint = parsed.FullPath(checkpoint),
                Questions = parsed.GetValue(questions) ?? [],
                Input = parsed.FullPathOrNull(input),
                Generation = generation.Of(parsed),
            };
            request.Validate();
            return JobCommands.RunAsync(context, AnswerRequest.JobName, request, parsed.GetValue(json), happened =>
                happened.GetProperty("event").GetString() == "answer" ? happened.GetProperty("answer").GetString() : null);
        });
        return command;
    }
}
