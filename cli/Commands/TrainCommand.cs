using System.CommandLine;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Jobs;
using Orchestrator.Cli.Local;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Commands;

/// <summary>Trains a spec on this machine.</summary>
internal static class TrainCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("RUN.yaml") { Description = "The run's spec" };
        var workers = new Option<int?>("--workers") { Description = "Worker processes (left out: workers.max of the spec)", HelpName = "N" };
        var folder = new Option<string?>("--out") { Description = "Where it writes (left out: runs/NAME)", HelpName = "DIR" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "train",
            "Trains a run here, with a coordinator and workers as processes; started again in the same folder, it goes on.",
            "orchestrator train examples/tiny.yaml",
            "orchestrator train run.yaml --workers 4 --out runs/first",
            "orchestrator train run.yaml --json > events.jsonl")
        {
            file, workers, folder, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            var spec = SpecFile.WithWorkers(SpecFile.Read(parsed.GetValue(file)!), parsed.GetValue(workers));
            var target = RunFolder.At(parsed.GetValue(folder) ?? Path.Combine("runs", spec.Name));
            target.Require(spec);
            await RunCheck.RequireAsync(context, spec);
            using var claim = target.Claim();
            var outcome = await new LocalRun(context, target, parsed.GetValue(json)).TrainAsync(spec);
            return Conclude(context, target, outcome, parsed.GetValue(json));
        });
        return command;
    }

    /// <summary>Says how a run came out.</summary>
    /// <returns>The exit code.</returns>
    public static int Conclude(CommandContext context, RunFolder folder, LocalOutcome outcome, bool json)
    {
        var run = outcome.Run;
        if (json)
        {
            context.Terminal.Out.WriteLine(RunEventJson.Line(RunEventJson.Finished(run)));
        }
        else if (run.State == RunState.Succeeded)
        {
            context.Terminal.Out.WriteLine(outcome.WasFinished ? $"This run had already finished.\n{RunReport.Of(run)}" : RunReport.Of(run));
        }

        return ExitOf(context, folder, outcome);
    }

    /// <summary>The exit code of an outcome; what is no success is said on standard error.</summary>
    public static int ExitOf(CommandContext context, RunFolder folder, LocalOutcome outcome)
    {
        var run = outcome.Run;
        if (outcome.Interrupted || run.State == RunState.Paused)
        {
            var saved = run.CheckpointStep > 0 ? $"step {run.CheckpointStep} is saved" : "nothing was done yet";
            context.Terminal.Error.WriteLine($"Stopped after step {run.Step} of {run.TotalSteps}; {saved}. Go on with: orchestrator resume {Shown(folder)}");
            return outcome.Interrupted ? ExitCodes.Interrupted : ExitCodes.Failed;
        }

        if (run.State == RunState.Succeeded)
        {
            return ExitCodes.Done;
        }

        context.Terminal.Error.WriteLine($"The run {RunEventJson.Word(run.State)} after step {run.Step} of {run.TotalSteps}: {run.Reason.TrimEnd('.')}. Logs are in {Path.Combine(Shown(folder), "logs")}.");
        return ExitCodes.Failed;
    }

    /// <summary>A folder as it may be typed from here.</summary>
    public static string Shown(RunFolder folder)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, folder.Root);
        return relative.StartsWith("../..", StringComparison.Ordinal) ? folder.Root : relative;
    }
}
