using System.CommandLine;
using Orchestrator.Cli.Display;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary>Builds, shows and audits corpora.</summary>
internal static class CorpusCommand
{
    public static Command Create(CommandContext context) => new Documented(
        "corpus", "Builds and shows corpora, and proves what was consumed of them.", "orchestrator corpus build --input ~/texts --out corpus", "orchestrator corpus inspect corpus")
    {
        CorpusBuildCommand.Build(context),
        CorpusBuildCommand.MergeParts(context),
        CorpusEditCommand.Merge(context),
        CorpusEditCommand.Split(context),
        CorpusEditCommand.Mix(context),
        CorpusEditCommand.Push(context),
        CorpusEditCommand.Attach(context),
        CorpusSpansCommand.Create(context),
        Inspect(context),
        Verify(context),
        CorpusAudit.Create(context),
    };

    private static Documented Verify(CommandContext context)
    {
        var folder = new Argument<string>("CORPUS") { Description = "The corpus folder" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented("verify", "Reads every byte of a corpus and compares it with the manifest; exit code 1 where one differs.", "orchestrator corpus verify corpus") { folder, json };
        command.SetAction((parsed, _) =>
        {
            var request = new CorpusInspectRequest { Corpus = parsed.FullPath(folder), Documents = 0 };
            request.Validate();
            return JobCommands.RunAsync(
                context, CorpusInspectRequest.JobName, request, parsed.GetValue(json), happened => happened.GetProperty("event").GetString() == "corpus" ? null : CorpusText.Of(happened));
        });
        return command;
    }

    private static Documented Inspect(CommandContext context)
    {
        var fallback = new CorpusInspectRequest();
        var folder = new Argument<string>("CORPUS") { Description = "The corpus folder" };
        var documents = new Option<int>("--documents") { Description = "Documents to show", HelpName = "N", DefaultValueFactory = _ => fallback.Documents };
        var seed = new Option<long>("--seed") { Description = "Which ones", HelpName = "N", DefaultValueFactory = _ => fallback.Seed };
        var validation = new Option<bool>("--validation") { Description = "Of those held out" };
        var characters = new Option<int>("--characters") { Description = "At most so many of each; 0: all", HelpName = "N", DefaultValueFactory = _ => fallback.MaxCharacters };
        var quick = new Option<bool>("--no-verify") { Description = "Do not read every byte" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented("inspect", "Shows what a corpus holds and checks every file's digest.", "orchestrator corpus inspect corpus", "orchestrator corpus inspect corpus --documents 10 --json")
        {
            folder, documents, seed, validation, characters, quick, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new CorpusInspectRequest
            {
                Corpus = parsed.FullPath(folder),
                Documents = parsed.GetValue(documents),
                Seed = parsed.GetValue(seed),
                Validation = parsed.GetValue(validation),
                MaxCharacters = parsed.GetValue(characters),
                Verify = !parsed.GetValue(quick),
            };
            request.Validate();
            return JobCommands.RunAsync(context, CorpusInspectRequest.JobName, request, parsed.GetValue(json), CorpusText.Of);
        });
        return command;
    }
}
