using System.CommandLine;
using System.Text.Json;
using Orchestrator.Cli.Display;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary>Builds and shows corpora.</summary>
internal static class CorpusCommand
{
    public static Command Create(CommandContext context) => new Documented(
        "corpus", "Builds and shows corpora.", "orchestrator corpus build --input ~/texts --out corpus", "orchestrator corpus inspect corpus")
    {
        Build(context),
        Inspect(context),
    };

    private static Documented Build(CommandContext context)
    {
        var fallback = new CorpusBuildRequest();
        var input = new Option<string[]>("--input") { Description = "A folder or file of text: .html, .txt, .md, .json(.gz), .jsonl(.gz), .warc(.gz), .wet(.gz); may be named again", HelpName = "PATH", Required = true, AllowMultipleArgumentsPerToken = true };
        var output = new Option<string>("--out") { Description = "The corpus folder", HelpName = "DIR", Required = true };
        var vocabulary = new Option<string?>("--vocabulary") { Description = "A spiece.model (left out: one is trained on the text)", HelpName = "FILE" };
        var pieces = new Option<int>("--pieces") { Description = "Size of the vocabulary that is trained", HelpName = "N", DefaultValueFactory = _ => new VocabularyOptions().Pieces };
        var oneIn = new Option<int?>("--validation-one-in") { Description = "One document in N is held out (left out: 25, or 1000 for large corpora)", HelpName = "N" };
        var skip = new Option<string[]>("--skip-rule") { Description = "A cleaning rule that is not applied, by its name in the report; may be named again", HelpName = "RULE", DefaultValueFactory = _ => [] };
        var block = new Option<string?>("--block-list") { Description = "A file of words, one a line; a page with one of them is dropped", HelpName = "FILE" };
        var shard = new Option<long>("--shard-tokens") { Description = "Tokens of a shard, about", HelpName = "N", DefaultValueFactory = _ => fallback.ShardTokens };
        var threads = new Option<int?>("--threads") { Description = "Working threads (left out: the machine's cores)", HelpName = "N" };
        var memory = new Option<int>("--memory") { Description = "Memory for finding duplicate lines, megabytes", HelpName = "MB", DefaultValueFactory = _ => fallback.MemoryMegabytes };
        var strict = new Option<bool>("--strict") { Description = "Stop at the first damaged record" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace another corpus in the folder" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "build",
            "Cleans text, trains a vocabulary where none is named, and writes shards of token ids.",
            "orchestrator corpus build --input /usr/share/doc/postgresql-doc-15/html --out corpus --pieces 2000",
            "orchestrator corpus build --input c4/*.json.gz --vocabulary spiece.model --out c4-corpus")
        {
            input, output, vocabulary, pieces, oneIn, skip, block, shard, threads, memory, strict, overwrite, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new CorpusBuildRequest
            {
                Inputs = [.. parsed.GetValue(input)!.Select(Path.GetFullPath)],
                Out = Path.GetFullPath(parsed.GetValue(output)!),
                Vocabulary = parsed.GetValue(vocabulary) is { } file ? Path.GetFullPath(file) : null,
                Training = new VocabularyOptions { Pieces = parsed.GetValue(pieces) },
                ValidationOneIn = parsed.GetValue(oneIn),
                SkipRules = parsed.GetValue(skip)!,
                BlockList = parsed.GetValue(block) is { } words ? Path.GetFullPath(words) : null,
                ShardTokens = parsed.GetValue(shard),
                Threads = parsed.GetValue(threads),
                MemoryMegabytes = parsed.GetValue(memory),
                Strict = parsed.GetValue(strict),
                Overwrite = parsed.GetValue(overwrite),
            };
            request.Validate();
            return JobCommands.RunAsync(context, CorpusBuildRequest.JobName, request, parsed.GetValue(json), Text);
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
                Corpus = Path.GetFullPath(parsed.GetValue(folder)!),
                Documents = parsed.GetValue(documents),
                Seed = parsed.GetValue(seed),
                Validation = parsed.GetValue(validation),
                MaxCharacters = parsed.GetValue(characters),
                Verify = !parsed.GetValue(quick),
            };
            request.Validate();
            return JobCommands.RunAsync(context, CorpusInspectRequest.JobName, request, parsed.GetValue(json), Text);
        });
        return command;
    }

    private static string? Text(JsonElement happened) => happened.GetProperty("event").GetString() switch
    {
        "report" => CorpusReport.Of(happened, ""),
        "skipped" => $"{happened.GetProperty("out").GetString()} already holds this corpus.",
        "finished" when happened.TryGetProperty("train", out _) => $"{CorpusReport.Facts(happened, "")}\n{"corpus",-11} {happened.GetProperty("out").GetString()}",
        "corpus" => $"{CorpusReport.Facts(happened, "")}\n{CorpusReport.Of(happened, "")}",
        "document" => $"\n{happened.GetProperty("split").GetString()} document {happened.GetProperty("number").GetInt64()}, {happened.GetProperty("tokens").GetInt64()} tokens:\n{happened.GetProperty("text").GetString()}",
        "verified" => $"\nEvery digest matches: {happened.GetProperty("files").GetInt64()} files, {RunText.Bytes(happened.GetProperty("bytes").GetInt64())}.",
        "damaged" => $"damaged: {happened.GetProperty("file").GetString()}: {happened.GetProperty("fault").GetString()}",
        _ => null,
    };
}
