using System.CommandLine;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core;
using Orchestrator.Core.Data.Salience;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Tracking;
using Orchestrator.Core.Runs;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Commands;

/// <summary><c>knowledge trace</c>: when a run saw an answer, and when it knew it.</summary>
internal static class KnowledgeTraceCommand
{
    public static Documented Create(CommandContext context)
    {
        var text = new Argument<string>("QUESTION") { Description = "The question as it was asked, or a part that no other question has" };
        var run = new Option<string>("--run") { Description = "The run's folder", HelpName = "DIR", Required = true };
        var which = new Option<string[]>("--which") { Description = "Passages that tell the answer (left out: the answer, in documents that hold the question's names too); may be named again", HelpName = "TEXT" };
        var specFile = new Option<string?>("--spec") { Description = "The run's spec (left out: run.yaml in the folder)", HelpName = "FILE" };
        var probe = KnowledgeCommand.Probe();
        var json = new Option<bool>("--json") { Description = "One JSON object" };
        var command = new Documented(
            "trace",
            "Tells of one question when the run saw what answers it and after which steps it knew it: one line of time, from the run's ledger and its answers.",
            "orchestrator knowledge trace \"Where was Marta Velin born?\" --run runs/first",
            "orchestrator knowledge trace \"Marta Velin born\" --run runs/first --which \"Marta Velin was born in\" --json")
        {
            text, run, which, probe, specFile, json,
        };
        command.SetAction((parsed, _) => RunAsync(
            context, parsed.FullPath(run), parsed.GetValue(text)!, parsed.GetValue(which) ?? [], parsed.GetValue(probe), parsed.GetValue(specFile), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, string run, string text, string[] which, string? probe, string? specFile, bool json)
    {
        var folder = KnowledgeCommand.FolderOf(run, probe);
        var question = KnowledgeTimeline.Find(folder.Questions(), text);
        var ledger = Path.Combine(run, Ledger.FileName);
        if (!File.Exists(ledger))
        {
            throw new BadInputException($"{run} holds no {Ledger.FileName}; name a run's folder.");
        }

        var lastStep = LedgerReader.Read(ledger).Select(line => line.Step).DefaultIfEmpty(0).Max();
        var spec = CorpusAudit.SpecOf(run, specFile);
        var asked = Passages(question, which) with { Ledger = ledger, Spec = SpecWriter.Write(spec), Verify = false };
        var note = spec.Data.Tasks.Count > 0 ? "What was seen is told of runs on a corpus alone; this one trained on tasks."
            : which.Length == 0 && asked.With.Count == 0 ? "No name was found in the question, so that no document can be told to be about it; name a passage with --which."
            : null;
        var (places, seen) = note is null ? await SeenAsync(context, asked) : (0, null);
        var moments = KnowledgeTimeline.Of(folder.Askings(), question.Line, seen, lastStep);
        context.Terminal.Out.WriteLine(json ? RunEventJson.Line(Json(question, asked, note, places, moments)) : Text(question, asked, note, places, moments));
        return ExitCodes.Done;
    }

    private static CorpusAuditRequest Passages(KnowledgeQuestion question, string[] which)
    {
        if (which.Length > 0)
        {
            var named = new CorpusAuditRequest { Which = which };
            named.Validate();
            return named;
        }

        var text = GapAnswer.WithoutSentinels(question.Input);
        var names = SalientText.Find(text).Where(span => span.Kind != SalientKind.Date).Select(span => text[span.Start..span.End]).Distinct(StringComparer.Ordinal);
        return new CorpusAuditRequest { Which = [.. question.Answers.Distinct(StringComparer.Ordinal)], With = [.. names], WholeWords = true };
    }

    private static async Task<(int Places, IReadOnlyList<long>? Steps)> SeenAsync(CommandContext context, CorpusAuditRequest asked)
    {
        // A sample may hold several places, or several right answers at one.
        var (places, samples) = (0, new SortedSet<(long Step, long Microbatch, long Row)>());
        await JobCommands.RunAsync(context, CorpusAuditRequest.JobName, asked, json: false, happened =>
        {
            switch (happened.GetProperty("event").GetString())
            {
                case "place" when happened.GetProperty("split").GetString() == "train":
                    places++;
                    break;
                case "seen":
                    samples.Add((Number("step"), Number("microbatch"), Number("row")));
                    break;
            }

            return null;

            long Number(string name) => happened.GetProperty(name).GetInt64();
        });
        return (places, [.. samples.Select(sample => sample.Step)]);
    }

    private static string Text(KnowledgeQuestion question, CorpusAuditRequest asked, string? note, int places, IReadOnlyList<KnowledgeMoment> moments) => string.Join('\n',
    [
        $"question {question.Line}: {question.Input}",
        $"right: {string.Join(" | ", question.Answers)}",
        note ?? $"told in {places} place{(places == 1 ? "" : "s")} of the corpus: {Quoted(asked.Which, " or ")}{(asked.With.Count > 0 ? $" in documents with {Quoted(asked.With, " and ")}" : "")}",
        "",
        .. moments.Select(KnowledgeText.Line),
    ]);

    private static string Quoted(IEnumerable<string> texts, string between) => string.Join(between, texts.Select(text => $"\"{text}\""));

    private static JsonObject Json(KnowledgeQuestion question, CorpusAuditRequest asked, string? note, int places, IReadOnlyList<KnowledgeMoment> moments) => new()
    {
        ["event"] = "trace",
        ["line"] = question.Line,
        ["question"] = question.Input,
        ["answers"] = Array(question.Answers),
        ["which"] = Array(asked.Which),
        ["with"] = Array(asked.With),
        ["places"] = note is null ? places : null,
        ["note"] = note,
        ["moments"] = new JsonArray([.. moments.Select(KnowledgeText.Json)]),
    };

    private static JsonArray Array(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode?)text)];
}
