using System.CommandLine;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Studies;
using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Tracking;

namespace Orchestrator.Cli.Commands;

/// <summary>What a run came to know while it trained.</summary>
internal static class KnowledgeCommand
{
    public static Command Create(CommandContext context) =>
        new Documented("knowledge", "Tells what a run came to know while it trained, and when.", "orchestrator knowledge curve runs/first")
        {
            Curve(context),
            KnowledgeTraceCommand.Create(context),
        };

    /// <summary>Names one of several sets of questions that a run was asked.</summary>
    public static Option<string?> Probe() => new("--probe") { Description = "Of a run that was asked several sets of questions: which, by its folder's name (left out: the one asked last)", HelpName = "NAME" };

    /// <summary>What a run was asked.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="probe">The name of a set of questions, or how it begins; null: the one asked last.</param>
    /// <exception cref="BadInputException">It was asked nothing, or no such questions.</exception>
    public static KnowledgeFolder FolderOf(string run, string? probe)
    {
        var folders = KnowledgeFolder.Of(run);
        return folders.Count == 0
            ? throw new BadInputException($"{run} holds no answers; name the folder of a run with evaluation.knowledge that was asked at least once.")
            : probe is null ? folders[0]
            : folders.FirstOrDefault(folder => folder.Name.StartsWith(probe, StringComparison.Ordinal))
                ?? throw new BadInputException($"--probe: the run was not asked '{probe}'; it was asked {string.Join(", ", folders.Select(folder => folder.Name))}.");
    }

    private static Documented Curve(CommandContext context)
    {
        var run = new Argument<string>("RUN") { Description = "The run's folder" };
        var probe = Probe();
        var json = new Option<bool>("--json") { Description = "One JSON object" };
        var csv = new Option<bool>("--csv") { Description = "Comma-separated values" };
        var svg = new Option<string?>("--svg") { Description = "Draws it too", HelpName = "FILE" };
        var command = new Documented(
            "curve",
            "How many questions a run could answer against its steps, how many it had learned since the asking before, and how many it had known once and knew no more.",
            "orchestrator knowledge curve runs/first",
            "orchestrator knowledge curve runs/first --csv > curve.csv",
            "orchestrator knowledge curve runs/first --svg curve.svg")
        {
            run, probe, json, csv, svg,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                if (parsed.GetValue(json) && parsed.GetValue(csv))
                {
                    throw new BadInputException("--json: --csv is given beside it; give one of the two.");
                }

                var folder = FolderOf(parsed.FullPath(run), parsed.GetValue(probe));
                KnowledgeHead? head = null;
                var points = KnowledgeCurve.Of(folder.Askings().Select(asking =>
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    head = asking.Head;
                    return asking;
                }));
                context.Terminal.Out.WriteLine(
                    parsed.GetValue(json) ? RunEventJson.Line(KnowledgeText.Json(head!, points)) : parsed.GetValue(csv) ? KnowledgeText.Csv(points) : KnowledgeText.Table(points));
                if (parsed.GetValue(svg) is { } file)
                {
                    StudyFolder.WriteWhole(NamedPaths.Full("--svg", file), KnowledgeChart.Draw(points, $"What {head!.Run} knew"));
                }

                return ExitCodes.Done;
            },
            cancellationToken));
        return command;
    }
}
