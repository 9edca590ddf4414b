using System.CommandLine;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary>Asks a checkpoint's model.</summary>
internal static class AnswerCommand
{
    public static Command Create(CommandContext context)
    {
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "A checkpoint's folder, or a run's: then its newest" };
        var questions = new Argument<string[]>("QUESTION") { Description = "What it is asked; <extra_id_0>, <extra_id_1> and so on stand for words to fill in", Arity = ArgumentArity.OneOrMore };
        var tokens = new Option<int>("--max-tokens") { Description = "An answer ends after so many tokens", HelpName = "N", DefaultValueFactory = _ => new AnswerRequest().MaxTokens };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "answer",
            "Asks a checkpoint's model and prints what it generates.",
            "orchestrator answer quickstart \"The <extra_id_0> statement creates a table.\"",
            "orchestrator answer quickstart/checkpoints/step-00003000 \"A view is <extra_id_0> query.\" --json")
        {
            checkpoint, questions, tokens, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new AnswerRequest
            {
                Checkpoint = Path.GetFullPath(parsed.GetValue(checkpoint)!),
                Questions = parsed.GetValue(questions)!,
                MaxTokens = parsed.GetValue(tokens),
            };
            request.Validate();
            return JobCommands.RunAsync(context, AnswerRequest.JobName, request, parsed.GetValue(json), happened =>
                happened.GetProperty("event").GetString() == "answer" ? happened.GetProperty("answer").GetString() : null);
        });
        return command;
    }
}
