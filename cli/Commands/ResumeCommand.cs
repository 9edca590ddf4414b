using System.CommandLine;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Local;
using Orchestrator.Cli.Quickstart;
using Orchestrator.Core;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Commands;

/// <summary>Goes on with a run: one in a folder here, or one that a coordinator has paused.</summary>
internal static class ResumeCommand
{
    public static Command Create(CommandContext context)
    {
        var target = new Argument<string?>("DIR|ID")
        {
            Description = "The folder of a run here, or the id of a coordinator's run (left out: this folder, or quickstart)",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var workers = new Option<int?>("--workers") { Description = "Worker processes, for a run here (left out: as before)", HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "resume",
            "Goes on with a run that was interrupted, paused or killed; its weights come out as if it never was.",
            "orchestrator resume",
            "orchestrator resume runs/first --workers 4",
            "orchestrator resume ID --coordinator http://10.0.0.5:7070")
        {
            target, workers, json,
        };
        var coordinator = new CoordinatorOptions().AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var json_ = parsed.GetValue(json);
            if (FolderOf(parsed.GetValue(target)) is { } folder)
            {
                return await InFolderAsync(context, folder, parsed.GetValue(workers), json_);
            }

            using var connection = coordinator.Connect(parsed);
            var run = await connection.Runs.ResumeAsync(new RunRequest { RunId = parsed.GetValue(target)! }, connection.Asking(context.Clock, cancellationToken));
            context.Terminal.Out.WriteLine(json_
                ? RunEventJson.Line(RunEventJson.Of(run))
                : $"{run.RunId} is {RunEventJson.Word(run.State)}{(run.Reason.Length > 0 ? $": {run.Reason}" : "")}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static RunFolder? FolderOf(string? target)
    {
        if (target is not null)
        {
            return Directory.Exists(target)
                ? RunFolder.At(target) is { HasRun: true } folder ? folder : throw new BadInputException($"{target} holds no run; name the folder that quickstart or train was given.")
                : target.Contains('/', StringComparison.Ordinal) ? throw new BadInputException($"There is no folder {target}; name the folder that quickstart or train was given.") : null;
        }

        return new[] { ".", QuickstartCommand.DefaultFolder }.Select(RunFolder.At).FirstOrDefault(f => f.HasRun)
            ?? throw new BadInputException("There is no run in this folder; name its folder, or a coordinator's run by its id.");
    }

    private static async Task<int> InFolderAsync(CommandContext context, RunFolder folder, int? workers, bool json)
    {
        var spec = SpecFile.WithWorkers(SpecFile.Read(folder.Spec), workers);
        folder.Require(spec);
        using var claim = folder.Claim();
        if (QuickstartFolder.IsOne(folder))
        {
            return await new QuickstartSession(context, folder, json).TrainAndShowAsync(spec);
        }

        var outcome = await new LocalRun(context, folder, json).TrainAsync(spec);
        return TrainCommand.Conclude(context, folder, outcome, json);
    }
}
