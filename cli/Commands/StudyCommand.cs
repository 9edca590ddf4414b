using System.CommandLine;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Cli.Commands;

/// <summary>Studies of what models know.</summary>
internal static class StudyCommand
{
    public static Command Create(CommandContext context) =>
        new Documented("study", "Studies of what models know.", "orchestrator study bios generate --people 1000 --variant multi5+permute --out bios")
        {
            new Documented(
                "bios",
                "Synthetic biographies: knowledge storage and extraction (Allen-Zhu and Li 2023).",
                "orchestrator study bios generate --people 1000 --variant single --out bios")
            {
                Generate(context),
                BiosProbeCommand.Create(context),
                BiosMeasureCommand.Create(context),
                StudyRunCommand.Bios(context),
                BiosRewriteCommand.Create(context),
            },
            new Documented(
                "facts",
                "Facts of a world of the product's own, for closed-book questions.",
                "orchestrator study facts generate --people 2000 --places 300 --seed 1 --out facts")
            {
                FactsGenerateCommand.Create(context),
                StudyRunCommand.Facts(context),
            },
            StudyCbqaCommand.Create(context),
            StudyReportCommand.Create(context),
        };

    private static Documented Generate(CommandContext context)
    {
        var people = new Option<long>("--people") { Description = "People, celebrities not counted", HelpName = "N", DefaultValueFactory = _ => 1000 };
        var celebrities = new Option<long>("--celebrities") { Description = "Celebrities beside them, each told of in five permuted biographies; questions are then trained on them alone", HelpName = "N" };
        var variant = new Option<string>("--variant") { Description = "single, permuteP or multiM, the last also with +permute, each also with +fullname", HelpName = "NAME", DefaultValueFactory = _ => "multi5+permute" };
        var seed = new Option<long>("--seed") { Description = "Same seed and options, same bytes", HelpName = "N", DefaultValueFactory = _ => 1 };
        var lists = new Option<string?>("--lists") { Description = "A folder of lists of names and values to draw from (left out: the product's own)", HelpName = "DIR" };
        var sizes = new Option<string>("--values") { Description = "How many of a kind are drawn from, the first of its list: first, middle, last, city, university, major, company, company_city (left out: all)", HelpName = "KIND=N,...", DefaultValueFactory = _ => "" };
        var templates = new Option<int?>("--templates") { Description = "Sentences an attribute that are drawn from, the first ones (left out: all)", HelpName = "N" };
        var output = new Option<string>("--out") { Description = "The folder", HelpName = "DIR", Required = true };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace files that are there" };
        var json = new Option<bool>("--json") { Description = "Machine-readable output" };
        var command = new Documented(
            "generate",
            "Writes people, their biographies, questions about them, and a vocabulary in which a value is one token.",
            "orchestrator study bios generate --people 1000 --variant multi5+permute --out bios",
            "orchestrator study bios generate --people 500 --celebrities 500 --variant permute1 --lists names --out bios",
            "orchestrator study bios generate --people 200 --values first=100,middle=100,last=200,city=50,university=50,major=25,company=50,company_city=25 --templates 20 --out bios")
        {
            people, celebrities, variant, seed, lists, sizes, templates, output, overwrite, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                RequireAtLeast(parsed.GetValue(people), 2, "--people");
                RequireAtLeast(parsed.GetValue(celebrities), 0, "--celebrities");
                RequireAtLeast(parsed.GetValue(templates) ?? 1, 1, "--templates");
                if (parsed.GetValue(templates) > BiographyWriter.MostTemplates)
                {
                    throw new BadInputException($"--templates must be at most {BiographyWriter.MostTemplates}, the sentences that there are of every attribute, was {parsed.GetValue(templates)}; leave it out for all.");
                }

                var how = BioVariant.Parse(parsed.GetValue(variant)!);
                var values = parsed.GetValue(lists) is { } folder ? BioLists.FromFolder(folder) : BioLists.Standard;
                values = values.Cut(BioSizes.Parse(parsed.GetValue(sizes)!));
                var population = new BioPopulation(parsed.GetValue(seed), parsed.GetValue(people), parsed.GetValue(celebrities), values);
                var target = parsed.GetValue(output)!;
                if (!parsed.GetValue(overwrite) && Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
                {
                    throw new BadInputException($"--out: {target} is not empty; name another folder, or replace its files with --overwrite.");
                }

                var dataset = new BioDataset(population, how, parsed.GetValue(templates));
                dataset.Write(target, null, cancellationToken);
                context.Terminal.Out.WriteLine(parsed.GetValue(json)
                    ? RunEventJson.Line(new JsonObject
                    {
                        ["event"] = "finished",
                        ["out"] = target,
                        ["variant"] = how.ToString(),
                        ["people"] = population.Count,
                        ["biographies"] = dataset.Biographies,
                    })
                    : $"{population.Count} people, {dataset.Biographies} biographies ({how}) in {target}");
                return ExitCodes.Done;
            },
            cancellationToken));
        return command;
    }

    private static void RequireAtLeast(long value, long least, string option)
    {
        if (value < least)
        {
            throw new BadInputException($"{option} must be at least {least}, was {value}.");
        }
    }
}
