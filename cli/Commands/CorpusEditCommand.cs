using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Display;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary><c>corpus merge</c>, <c>corpus split</c> and <c>corpus mix</c>.</summary>
internal static class CorpusEditCommand
{
    public static Documented Merge(CommandContext context)
    {
        var corpora = new Argument<string[]>("CORPUS") { Description = "Corpora with one vocabulary, two or more", Arity = ArgumentArity.OneOrMore };
        return Create(
            context, "merge", "Joins corpora into one, shard by shard.", ["orchestrator corpus merge part-a part-b --out whole"], corpora, extra: null,
            (parsed, output) => new CorpusEditRequest { Edit = CorpusEdit.Merge, Corpora = Paths(parsed.GetValue(corpora)!), Out = output });
    }

    public static Documented Split(CommandContext context)
    {
        var corpus = new Argument<string>("CORPUS") { Description = "The corpus" };
        var parts = new Option<int>("--parts") { Description = "How many parts of about as many tokens each", HelpName = "N", DefaultValueFactory = _ => new CorpusEditRequest().Parts };
        return Create(
            context, "split", "Divides a corpus's documents over several corpora: OUT/part-0 and so on.", ["orchestrator corpus split corpus --parts 4 --out quarters"], corpus, parts,
            (parsed, output) => new CorpusEditRequest { Edit = CorpusEdit.Split, Corpora = Paths([parsed.GetValue(corpus)!]), Parts = parsed.GetValue(parts), Out = output });
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
                return new CorpusEditRequest { Edit = CorpusEdit.Mix, Corpora = Paths(entries.Select(entry => entry.Corpus)), Weights = [.. entries.Select(entry => entry.Weight)], Out = output };
            });
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
            var request = read(parsed, Path.GetFullPath(parsed.GetValue(output)!));
            request.Validate();
            return JobCommands.RunAsync(context, CorpusEditRequest.JobName, request, parsed.GetValue(json), CorpusText.Of);
        });
        return command;
    }

    private static IReadOnlyList<string> Paths(IEnumerable<string> paths) => [.. paths.Select(Path.GetFullPath)];

    private static (string Corpus, double Weight) Weighted(string text)
    {
        var mark = text.LastIndexOf('=');
        return mark > 0 && double.TryParse(text.AsSpan(mark + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var weight)
            ? (text[..mark], weight)
            : throw new BadInputException($"corpora: '{text}' was given; write CORPUS=WEIGHT, for example wiki=3.");
    }
}
