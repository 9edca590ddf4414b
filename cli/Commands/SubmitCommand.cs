using System.CommandLine;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Commands;

/// <summary>Gives a run to a coordinator.</summary>
internal static class SubmitCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("RUN.yaml") { Description = "The run's spec" };
        var folder = new Option<string>("--write-to") { Description = "Where the run writes, as the workers see it (left out: a folder under the coordinator's)", HelpName = "DIR", DefaultValueFactory = _ => "" };
        var key = new Option<string>("--key") { Description = "The same key submitted twice is one run", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        var json = RunCommands.Json();
        var command = new Documented("submit", "Submits a run to a coordinator.", "orchestrator submit examples/tiny.yaml", "orchestrator submit run.yaml --key nightly-7 --json") { file, folder, key, json };
        var coordinator = new CoordinatorOptions().AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // A coordinator elsewhere knows nothing of this folder: the spec goes with its corpus as an absolute path.
            var spec = SpecFile.Read(parsed.GetValue(file)!);
            await RunCheck.RequireAsync(context, spec);
            using var connection = coordinator.Connect(parsed);
            var run = await connection.Runs.SubmitAsync(
                new SubmitRequest
                {
                    SpecYaml = SpecWriter.Write(spec),
                    OutDir = parsed.GetValue(folder) is { Length: > 0 } named ? Path.GetFullPath(named) : "",
                    IdempotencyKey = parsed.GetValue(key),
                    Owner = Environment.UserName,
                },
                connection.Asking(context.Clock, cancellationToken));
            context.Terminal.Out.WriteLine(parsed.GetValue(json)
                ? RunEventJson.Line(RunEventJson.Of(run))
                : $"{run.RunId} is {RunEventJson.Word(run.State)}; follow it with: orchestrator watch {run.RunId}");
            return ExitCodes.Done;
        });
        return command;
    }
}
