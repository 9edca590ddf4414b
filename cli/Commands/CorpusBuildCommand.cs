using System.CommandLine;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Jobs;
using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary><c>corpus build</c> and <c>corpus merge-parts</c>.</summary>
internal static class CorpusBuildCommand
{
    private static readonly CorpusBuildRequest s_fallback = new();

    /// <summary>Rules that go together under one switch.</summary>
    private static readonly (string Switch, string What, CleaningRule[] Rules)[] s_switches =
    [
        ("--no-language", "Keep pages that are not English", [CleaningRule.Language]),
        ("--no-dedup", "Keep pages with one URL and equal lines", [CleaningRule.DuplicateUrl, CleaningRule.DuplicateLine]),
        ("--no-clean", "Apply no rule of C4 but those of --no-language and --no-dedup", [.. CleaningRules.Optional.Where(rule =>
            rule is not (CleaningRule.Language or CleaningRule.DuplicateUrl or CleaningRule.DuplicateLine or CleaningRule.NearDuplicate))]),
    ];

    public static Documented Build(CommandContext context)
    {
        var input = new Option<string[]>("--input") { Description = "A folder, file or pattern (*, **) of text: .html, .txt, .md, .json, .jsonl, .warc, .wet, all also with .gz; - is standard input; may be named again", HelpName = "PATH", Required = true, AllowMultipleArgumentsPerToken = true };
        var output = new Option<string>("--out") { Description = "The corpus folder", HelpName = "DIR", Required = true };
        var vocabulary = new Option<string?>("--vocabulary") { Description = "A spiece.model (left out: one is trained on the text)", HelpName = "FILE" };
        var pieces = new Option<int>("--pieces") { Description = "Size of the vocabulary that is trained", HelpName = "N", DefaultValueFactory = _ => new VocabularyOptions().Pieces };
        var sample = new Option<int>("--vocabulary-sample") { Description = "Train the vocabulary on at most so many megabytes of the text, drawn from all of it; takes about thirty times that of memory", HelpName = "MB", DefaultValueFactory = _ => new VocabularyOptions().TextMegabytes };
        var oneIn = new Option<int?>("--validation-one-in") { Description = "One document in N is held out; 0: none is (left out: 25, or 1000 for large corpora)", HelpName = "N" };
        var skip = new Option<string[]>("--skip-rule") { Description = "A cleaning rule that is not applied, by its name in the report; may be named again", HelpName = "RULE", DefaultValueFactory = _ => [] };
        var switches = s_switches.Select(one => new Option<bool>(one.Switch) { Description = one.What }).ToArray();
        var english = new Option<double>("--english-share") { Description = "Share of a page that must be English", HelpName = "SHARE", DefaultValueFactory = _ => s_fallback.EnglishShare };
        var near = new Option<bool>("--near-duplicates") { Description = "Drop pages much like an earlier one, too (MinHash)" };
        var block = new Option<string?>("--block-list") { Description = "A file of words, one a line; a page with one of them is dropped", HelpName = "FILE" };
        var examples = new Option<int>("--examples") { Description = "Show so many examples of what each rule dropped", HelpName = "N" };
        var clean = new Option<bool>("--clean-only") { Description = "Write the cleaned text as C4's json.gz, and no tokens" };
        var part = new Option<string?>("--part") { Description = "Clean only part I of N, from 0, for 'corpus merge-parts' to join", HelpName = "I/N" };
        var shard = new Option<long>("--shard-tokens") { Description = "Tokens of a shard, about", HelpName = "N", DefaultValueFactory = _ => s_fallback.ShardTokens };
        var threads = new Option<int?>("--threads") { Description = "Working threads (left out: the machine's cores)", HelpName = "N" };
        var memory = new Option<int>("--memory") { Description = "Memory for finding duplicates, megabytes", HelpName = "MB", DefaultValueFactory = _ => s_fallback.MemoryMegabytes };
        var strict = new Option<bool>("--strict") { Description = "Stop at the first damaged record" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace another corpus in the folder" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "build",
            "Cleans text, trains a vocabulary where none is named, and writes shards of token ids.",
            "orchestrator corpus build --input /usr/share/doc/postgresql-doc-15/html --out corpus --pieces 2000",
            "orchestrator corpus build --input 'crawl/**/*.wet.gz' --vocabulary spiece.model --out c4-corpus --examples 3",
            "zcat dump.json.gz | orchestrator corpus build --input - --clean-only --out cleaned")
        {
            input, output, vocabulary, pieces, sample, oneIn, skip, english, near, block, examples, clean, part, shard, threads, memory, strict, overwrite, json,
        };
        Array.ForEach(switches, command.Options.Add);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (own, parts) = ReadPart(parsed.GetValue(part));
            var folder = parsed.FullPath(output);
            var request = new CorpusBuildRequest
            {
                Inputs = [.. parsed.GetValue(input)!.Select(path => path == "-" ? path : NamedPaths.Full(input.Name, path))],
                Out = folder,
                Vocabulary = parsed.FullPathOrNull(vocabulary),
                Training = new VocabularyOptions { Pieces = parsed.GetValue(pieces), TextMegabytes = parsed.GetValue(sample) },
                ValidationOneIn = parsed.GetValue(oneIn),
                SkipRules = [.. parsed.GetValue(skip)!.Concat(s_switches.Where((_, i) => parsed.GetValue(switches[i])).SelectMany(one => one.Rules.Select(CleaningRules.Name)))],
                EnglishShare = parsed.GetValue(english),
                NearDuplicates = parsed.GetValue(near),
                BlockList = parsed.FullPathOrNull(block),
                Examples = parsed.GetValue(examples),
                CleanOnly = parsed.GetValue(clean),
                Part = own,
                Parts = parts,
                ShardTokens = parsed.GetValue(shard),
                Threads = parsed.GetValue(threads),
                MemoryMegabytes = parsed.GetValue(memory),
                Strict = parsed.GetValue(strict),
                Overwrite = parsed.GetValue(overwrite),
            };
            request.Validate();
            CleaningRules.Parse(request.SkipRules);
            using var spooled = request.Inputs.Contains("-") ? await StandardInputFile.SpoolAsync(folder, context.Interrupts.Soft) : null;
            request = request with { Inputs = [.. request.Inputs.Select(path => path == "-" ? spooled!.Path : path)] };
            var code = await JobCommands.RunAsync(context, CorpusBuildRequest.JobName, request, parsed.GetValue(json), CorpusText.Of);
            spooled?.Forget();
            return code;
        });
        return command;
    }

    public static Documented MergeParts(CommandContext context)
    {
        var folder = new Argument<string>("DIR") { Description = "The folder that the parts were cleaned in; the corpus goes there, too" };
        var threads = new Option<int?>("--threads") { Description = "Working threads (left out: the machine's cores)", HelpName = "N" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace another corpus in the folder" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "merge-parts",
            "Joins what 'corpus build --part I/N' cleaned, with the same bytes as a build in one process.",
            "orchestrator corpus merge-parts corpus")
        {
            folder, threads, overwrite, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new CorpusBuildRequest
            {
                Out = parsed.FullPath(folder),
                MergeParts = true,
                Threads = parsed.GetValue(threads),
                Overwrite = parsed.GetValue(overwrite),
            };
            request.Validate();
            return JobCommands.RunAsync(context, CorpusBuildRequest.JobName, request, parsed.GetValue(json), CorpusText.Of);
        });
        return command;
    }

    private static (int? Part, int Parts) ReadPart(string? text)
    {
        if (text is null)
        {
            return (null, 1);
        }

        return text.Split('/') is [var part, var parts] && int.TryParse(part, out var i) && int.TryParse(parts, out var n)
            ? (i, n)
            : throw new BadInputException($"part: '{text}' was given; write I/N with I from 0 to N - 1, for example 0/8.");
    }
}
