using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Display;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary><c>corpus merge</c>, <c>corpus split</c>, <c>corpus mix</c>, <c>corpus push</c> and <c>corpus attach</c>.</summary>
internal static class CorpusEditCommand
{
    public static Documented Merge(CommandContext context)
    {
        var corpora = new Argument<string[]>("CORPUS") { Description = "Corpora with one vocabulary, two or more", Arity = ArgumentArity.OneOrMore };
        return Create(
            context, "merge", "Joins corpora into one, shard by shard; on one file system no shard is copied.", ["orchestrator corpus merge part-a part-b --out whole"], corpora, extra: null,
            (parsed, output) => new CorpusEditRequest { Edit = CorpusEdit.Merge, Corpora = parsed.FullPaths(corpora), Out = output });
    }

    public static Documented Split(CommandContext context)
    {
        var corpus = new Argument<string>("CORPUS") { Description = "The corpus" };
        var parts = new Option<int>("--parts") { Description = "How many parts of about as many tokens each", HelpName = "N", DefaultValueFactory = _ => new CorpusEditRequest().Parts };
        return Create(
            context, "split", "Divides a corpus's documents over several corpora: OUT/part-0 and so on; on one file system no token is copied.", ["orchestrator corpus split corpus --parts 4 --out quarters"], corpus, parts,
            (parsed, output) => new CorpusEditRequest { Edit = CorpusEdit.Split, Corpora = [parsed.FullPath(corpus)], Parts = parsed.GetValue(parts), Out = output });
    }

    public static Documented Mix(CommandContext context)
    {
        var corpora = new Argument<string[]>("CORPUS=WEIGHT") { Description = "Corpora with one vocabulary, each with its weight beside the others'", Arity = ArgumentArity.OneOrMore };
        return Create(
            context,
            "mix",
            "Makes a mixture that a run's data.corpus may name: samples are drawn from the corpora by weight, and nothing is copied.",
            ["orchestrator corpus mix wiki=3 web=1 --out mixture"],
            corpora,
            extra: null,
            (parsed, output) =>
            {
                var entries = parsed.GetValue(corpora)!.Select(Weighted).ToList();
                return new CorpusEditRequest { Edit = CorpusEdit.Mix, Corpora = [.. entries.Select(entry => NamedPaths.Full(corpora.Name, entry.Corpus))], Weights = [.. entries.Select(entry => entry.Weight)], Out = output };
            });
    }

    public static Documented Push(CommandContext context)
    {
        var corpus = new Argument<string>("CORPUS") { Description = "The corpus" };
        var url = new Argument<string>("URL") { Description = "s3://BUCKET/PREFIX, or a folder" };
        var (endpoint, region, json) = StoreOptions();
        var command = new Documented("push", "Puts a corpus into a store, with digests of its blocks.", "orchestrator corpus push corpus s3://texts/c4") { corpus, url, endpoint, region, json };
        command.SetAction((parsed, _) => RunAsync(
            context,
            new CorpusEditRequest { Edit = CorpusEdit.Push, Corpora = [parsed.FullPath(corpus)], Url = Place(url.Name, parsed.GetValue(url)!), Endpoint = parsed.GetValue(endpoint), Region = parsed.GetValue(region) },
            parsed.GetValue(json)));
        return command;
    }

    public static Documented Attach(CommandContext context)
    {
        var url = new Argument<string>("URL") { Description = "s3://BUCKET/PREFIX, or a folder, that a corpus was pushed to" };
        var output = new Option<string>("--out") { Description = "The corpus folder that is made", HelpName = "DIR", Required = true };
        var cache = new Option<int>("--cache") { Description = "How much of the tokens a process keeps on its disk, megabytes", HelpName = "MB", DefaultValueFactory = _ => new CorpusEditRequest().CacheMegabytes };
        var (endpoint, region, json) = StoreOptions();
        var command = new Documented(
            "attach",
            "Makes a corpus folder whose tokens stay in a store: a run reads them from there, block by block, checked, through a bounded cache.",
            "orchestrator corpus attach s3://texts/c4 --out c4 --cache 20000")
        {
            url, output, cache, endpoint, region, json,
        };
        command.SetAction((parsed, _) => RunAsync(
            context,
            new CorpusEditRequest
            {
                Edit = CorpusEdit.Attach,
                Url = Place(url.Name, parsed.GetValue(url)!),
                Out = parsed.FullPath(output),
                CacheMegabytes = parsed.GetValue(cache),
                Endpoint = parsed.GetValue(endpoint),
                Region = parsed.GetValue(region),
            },
            parsed.GetValue(json)));
        return command;
    }

    private static (Option<string?> Endpoint, Option<string?> Region, Option<bool> Json) StoreOptions() => (
        new Option<string?>("--endpoint") { Description = "Of another S3 service than AWS, its address", HelpName = "URL" },
        new Option<string?>("--region") { Description = "The bucket's region (left out: as the environment says)", HelpName = "NAME" },
        new Option<bool>("--json") { Description = "One JSON object a line" });

    private static string Place(string name, string url) => url.Contains("://", StringComparison.Ordinal) ? url : NamedPaths.Full(name, url);

    private static Task<int> RunAsync(CommandContext context, CorpusEditRequest request, bool json)
    {
        request.Validate();
        return JobCommands.RunAsync(context, CorpusEditRequest.JobName, request, json, CorpusText.Of);
    }

    private static Documented Create(
        CommandContext context, string name, string what, string[] examples, Argument corpora, Option? extra, Func<ParseResult, string, CorpusEditRequest> read)
    {
        var output = new Option<string>("--out") { Description = "The folder that is made", HelpName = "DIR", Required = true };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(name, what, examples) { corpora, output, json };
        if (extra is not null)
        {
            command.Options.Add(extra);
        }

        command.SetAction((parsed, _) =>
        {
            var request = read(parsed, parsed.FullPath(output));
            return RunAsync(context, request, parsed.GetValue(json));
        });
        return command;
    }

    private static (string Corpus, double Weight) Weighted(string text)
    {
        var mark = text.LastIndexOf('=');
        return mark > 0 && double.TryParse(text.AsSpan(mark + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var weight)
            ? (text[..mark], weight)
            : throw new BadInputException($"corpora: '{text}' was given; write CORPUS=WEIGHT, for example wiki=3.");
    }
}
