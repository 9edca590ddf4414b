using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core;
using Orchestrator.Core.Data.Salience;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary><c>corpus spans</c>.</summary>
internal static class CorpusSpansCommand
{
    public static Documented Create(CommandContext context)
    {
        var fallback = new CorpusSpansRequest();
        var corpus = new Argument<string?>("CORPUS") { Description = "The corpus folder", Arity = ArgumentArity.ZeroOrOne };
        var output = new Option<string?>("--out") { Description = "The folder that is made: train.jsonl and validation.jsonl", HelpName = "DIR" };
        var span = new Option<int>("--longest-span") { Description = "Tokens of a span at most", HelpName = "N", DefaultValueFactory = _ => fallback.LongestSpan };
        var sentence = new Option<int>("--longest-sentence") { Description = "Tokens of a sentence at most; longer ones are left out and counted", HelpName = "N", DefaultValueFactory = _ => fallback.LongestSentence };
        var measure = new Option<string?>("--measure") { Description = "Instead: precision, recall and F1 of the finder on texts that a person labelled", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "spans",
            "Writes a corpus's sentences with the bytes of their names and dates, for a task of data.tasks with spans.",
            "orchestrator corpus spans corpus --out salient",
            "orchestrator corpus spans --measure tests/unit/core/Data/Salience/salient-test.jsonl")
        {
            corpus, output, span, sentence, measure, json,
        };
        command.SetAction((parsed, _) =>
        {
            if (parsed.GetValue(measure) is { } labelled)
            {
                if (parsed.GetValue(corpus) is not null || parsed.GetValue(output) is not null)
                {
                    throw new BadInputException("--measure: a corpus or --out is given beside it; give either a corpus and --out, or --measure alone.");
                }

                Measure(LabelledText.ReadFile(labelled), parsed.GetValue(json), context.Terminal.Out);
                return Task.FromResult(ExitCodes.Done);
            }

            var request = new CorpusSpansRequest
            {
                Corpus = parsed.FullPathOrNull(corpus) ?? "",
                Out = parsed.FullPathOrNull(output) ?? "",
                LongestSpan = parsed.GetValue(span),
                LongestSentence = parsed.GetValue(sentence),
            };
            request.Validate();
            return JobCommands.RunAsync(context, CorpusSpansRequest.JobName, request, parsed.GetValue(json), Text);
        });
        return command;
    }

    private static void Measure(IReadOnlyList<LabelledText> texts, bool json, TextWriter output)
    {
        var rows = Enum.GetValues<SalientKind>().Select(kind => (Name: $"{kind}".ToLowerInvariant(), Score: SpanScore.Of(texts, kind)))
            .Append((Name: "all, with kinds", Score: SpanScore.WithKinds(texts))).Append((Name: "all, borders alone", Score: SpanScore.Of(texts)));
        if (!json)
        {
            output.WriteLine($"{"spans",-20}{"marked",8}{"found",8}{"right",8}{"precision",11}{"recall",9}{"F1",9}");
        }

        foreach (var (name, score) in rows)
        {
            output.WriteLine(json
                ? RunEventJson.Line(new JsonObject
                {
                    ["event"] = "score",
                    ["spans"] = name,
                    ["marked"] = score.Marked,
                    ["found"] = score.Found,
                    ["right"] = score.Right,
                    ["precision"] = score.Precision,
                    ["recall"] = score.Recall,
                    ["f1"] = score.F1,
                })
                : string.Create(CultureInfo.InvariantCulture, $"{name,-20}{score.Marked,8}{score.Found,8}{score.Right,8}{score.Precision,11:F3}{score.Recall,9:F3}{score.F1,9:F3}"));
        }
    }

    private static string? Text(JsonElement happened) => happened.GetProperty("event").GetString() == "spans"
        ? $"{happened.GetProperty("file").GetString()}: {Count(happened, "spans")} spans in {Count(happened, "sentences")} sentences; {Count(happened, "plain")} sentences have none, {Count(happened, "too_long")} are too long"
        : null;

    private static string Count(JsonElement happened, string name) => RunText.Count(happened.GetProperty(name).GetInt64());
}
