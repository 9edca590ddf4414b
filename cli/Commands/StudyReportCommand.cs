using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Studies;
using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Studies.Reports;

namespace Orchestrator.Cli.Commands;

/// <summary>Draws a study's figures.</summary>
internal static class StudyReportCommand
{
    /// <summary>The report's page.</summary>
    public const string PageFile = "index.html";

    public static Documented Create(CommandContext context)
    {
        var folder = new Argument<string>("DIR") { Description = "The study's folder" };
        var output = new Option<string?>("--out") { Description = "Where it writes (left out: DIR/report)", HelpName = "DIR" };
        var json = new Option<bool>("--json") { Description = "Machine-readable output" };
        var command = new Documented(
            "report",
            "Draws a study's figures beside the paper's: a page, drawings, tables.",
            "orchestrator study report studies/gap",
            "orchestrator study report studies/gap --out public --json")
        {
            folder, output, json,
        };
        command.SetAction((parsed, _) =>
        {
            var study = StudyFolder.At(parsed.GetValue(folder)!);
            var target = parsed.FullPathOrNull(output) ?? study.Report;
            var report = Write(study, target);
            if (parsed.GetValue(json))
            {
                context.Terminal.Out.WriteLine(RunEventJson.Line(Summarised(new JsonObject { ["event"] = "finished", ["report"] = Path.Combine(target, PageFile) }, report)));
            }
            else
            {
                Say(context, report, target);
            }

            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }

    /// <summary>Writes a report of the results that there are.</summary>
    /// <exception cref="BadInputException">There is none, or one is damaged.</exception>
    public static IStudyReport Write(StudyFolder folder, string target)
    {
        if (!Directory.Exists(folder.Results))
        {
            throw new BadInputException($"{folder.Root} has no results; name the folder of a study, from 'orchestrator study bios run', 'study facts run' or 'study cbqa'.");
        }

        var report = StudyReports.Read([.. Directory.GetFiles(folder.Results, "*.json").Order(StringComparer.Ordinal)], folder.Spec);
        foreach (var (name, text) in report.Files())
        {
            StudyFolder.WriteWhole(Path.Combine(target, name), text);
        }

        return report;
    }

    /// <summary>Says what a report holds.</summary>
    public static void Say(CommandContext context, IStudyReport report, string target)
    {
        foreach (var line in report.Lines())
        {
            context.Terminal.Out.WriteLine(line);
        }

        context.Terminal.Out.WriteLine($"Report: {Path.Combine(target, PageFile)}");
    }

    /// <summary>A line of JSON with what a report has to say.</summary>
    public static JsonObject Summarised(JsonObject line, IStudyReport report)
    {
        foreach (var (name, value) in report.Summary)
        {
            line[name] = JsonSerializer.SerializeToNode(value);
        }

        return line;
    }
}
