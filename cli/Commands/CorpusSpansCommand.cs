using System.CommandLine;
using System.Text.Json;
using Orchestrator.Cli.Display;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary><c>corpus spans</c>.</summary>
internal static class CorpusSpansCommand
{
    public static Documented Create(CommandContext context)
    {
        var fallback = new CorpusSpansRequest();
        var corpus = new Argument<string>("CORPUS") { Description = "The corpus folder" };
        var output = new Option<string>("--out") { Description = "The folder that is made: train.jsonl and validation.jsonl", HelpName = "DIR", Required = true };
        var span = new Option<int>("--longest-span") { Description = "Tokens of a span at most", HelpName = "N", DefaultValueFactory = _ => fallback.LongestSpan };
        var sentence = new Option<int>("--longest-sentence") { Description = "Tokens of a sentence at most; longer ones are left out and counted", HelpName = "N", DefaultValueFactory = _ => fallback.LongestSentence };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "spans",
            "Writes a corpus's sentences with the bytes of their names, dates and numbers, for a task of data.tasks with spans.",
            "orchestrator corpus spans corpus --out salient")
        {
            corpus, output, span, sentence, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new CorpusSpansRequest
            {
                Corpus = Path.GetFullPath(parsed.GetValue(corpus)!),
                Out = Path.GetFullPath(parsed.GetValue(output)!),
                LongestSpan = parsed.GetValue(span),
                LongestSentence = parsed.GetValue(sentence),
            };
            request.Validate();
            return JobCommands.RunAsync(context, CorpusSpansRequest.JobName, request, parsed.GetValue(json), Text);
        });
        return command;
    }

    private static string? Text(JsonElement happened) => happened.GetProperty("event").GetString() == "spans"
        ? $"{happened.GetProperty("file").GetString()}: {Count(happened, "spans")} spans in {Count(happened, "sentences")} sentences; {Count(happened, "plain")} sentences have none, {Count(happened, "too_long")} are too long"
        : null;

    private static string Count(JsonElement happened, string name) => RunText.Count(happened.GetProperty(name).GetInt64());
}
