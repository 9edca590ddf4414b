using System.CommandLine;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Facts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>study facts generate</c>.</summary>
internal static class FactsGenerateCommand
{
    public static Documented Create(CommandContext context)
    {
        var people = new Option<long>("--people") { Description = "People; there is a novel for every four", HelpName = "N", DefaultValueFactory = _ => 1000 };
        var places = new Option<long>("--places") { Description = "Towns; there is a company for each", HelpName = "N", DefaultValueFactory = _ => 200 };
        var tellings = new Option<int>("--tellings") { Description = "Articles an entity, each in other words", HelpName = "N", DefaultValueFactory = _ => 4 };
        var seed = new Option<long>("--seed") { Description = "Same seed and options, same bytes", HelpName = "N", DefaultValueFactory = _ => 1 };
        var output = new Option<string>("--out") { Description = "The folder", HelpName = "DIR", Required = true };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace files that are there" };
        var json = new Option<bool>("--json") { Description = "Machine-readable output" };
        var command = new Documented(
            "generate",
            "Writes people, towns, novels and companies that do not exist, articles that tell of them, and questions about either half.",
            "orchestrator study facts generate --people 2000 --places 300 --seed 1 --out facts")
        {
            people, places, tellings, seed, output, overwrite, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                if (parsed.GetValue(tellings) < 1)
                {
                    throw new BadInputException($"--tellings must be at least 1, was {parsed.GetValue(tellings)}.");
                }

                var dataset = new FactDataset(new FactWorld(parsed.GetValue(seed), parsed.GetValue(people), parsed.GetValue(places)), parsed.GetValue(tellings));
                var target = parsed.GetValue(output)!;
                if (!parsed.GetValue(overwrite) && Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
                {
                    throw new BadInputException($"--out: {target} is not empty; name another folder, or replace its files with --overwrite.");
                }

                dataset.Write(target, cancellationToken);
                context.Terminal.Out.WriteLine(parsed.GetValue(json)
                    ? RunEventJson.Line(new JsonObject { ["event"] = "finished", ["out"] = target, ["facts"] = dataset.Facts, ["articles"] = dataset.Articles })
                    : $"{dataset.Facts} facts, {dataset.Articles} articles in {target}");
                return ExitCodes.Done;
            },
            cancellationToken));
        return command;
    }
}
