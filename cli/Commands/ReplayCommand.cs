using System.CommandLine;
using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Commands;

/// <summary>Does a step of a run again and compares its weights with the ledger's.</summary>
internal static class ReplayCommand
{
    public static Command Create(CommandContext context)
    {
        var fallback = new ReplayRequest();
        var run = new Argument<string>("RUN") { Description = "A run's folder, or a run that a coordinator knows" };
        var step = new Option<long>("--step") { Description = "The step to do again", HelpName = "N", Required = true };
        var workers = new Option<int>("--workers") { Description = "On so many ranks; the weights do not depend on it", HelpName = "W", DefaultValueFactory = _ => fallback.Workers };
        var specFile = new Option<string?>("--spec") { Description = "The run's spec (left out: run.yaml in the folder)", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "replay",
            "Does a step again, from the checkpoint before it, on any number of ranks, and compares the weights with the ledger's digest; exits with 1 where they differ and names the first layer and tensor that do.",
            "orchestrator replay quickstart --step 2500",
            "orchestrator replay quickstart --step 2500 --workers 3 --json")
        {
            run, step, workers, specFile, json,
        };
        var coordinator = new CoordinatorOptions().AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (folder, spec) = await FindAsync(parsed.GetValue(run)!, parsed.GetValue(specFile), context, coordinator, parsed, cancellationToken);
            var request = new ReplayRequest { Folder = folder, Spec = SpecWriter.Write(spec), Step = parsed.GetValue(step), Workers = parsed.GetValue(workers) };
            request.Validate();
            return await JobCommands.RunAsync(context, ReplayRequest.JobName, request, parsed.GetValue(json), Text, spec.Workers.Threads);
        });
        return command;
    }

    private static async Task<(string Folder, RunSpec Spec)> FindAsync(
        string run, string? specFile, CommandContext context, CoordinatorOptions coordinator, ParseResult parsed, CancellationToken cancellationToken)
    {
        if (Directory.Exists(run))
        {
            var folder = NamedPaths.Full("RUN", run);
            return (folder, CorpusAudit.SpecOf(folder, specFile));
        }

        if (run.Contains(Path.DirectorySeparatorChar))
        {
            throw new BadInputException($"There is no folder {run}; name a run's folder, or the id of a run that a coordinator knows.");
        }

        if (!coordinator.HasToken(parsed))
        {
            throw new BadInputException($"There is no folder {run}, and no token to ask a coordinator for a run of that id: name a run's folder, or set ORCHESTRATOR_TOKEN or --token-file.");
        }

        using var connection = coordinator.Connect(parsed);
        var known = await connection.Runs.GetAsync(new RunRequest { RunId = run }, connection.Asking(context.Clock, cancellationToken));
        var spec = SpecReader.Read(known.SpecYaml, known.RunId).Spec ?? throw new BadInputException($"The spec of run {run} cannot be read by this version.");
        return Directory.Exists(known.OutDir)
            ? (known.OutDir, spec)
            : throw new BadInputException($"The folder of run {run}, {known.OutDir}, is not on this machine; run this where it is.");
    }

    private static string? Text(JsonElement happened)
    {
        string? Of(string name) => happened.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        long Number(string name) => happened.GetProperty(name).GetInt64();

        switch (happened.GetProperty("event").GetString())
        {
            case "warning":
                return $"warning: {Of("text")}";
            case "replayed" when happened.GetProperty("same").GetBoolean():
                return $"Step {Number("step")}, done again from step {Number("from_step")} ({Of("from")}) on {Number("workers")} {(Number("workers") == 1 ? "rank" : "ranks")}, has the ledger's weights: digest {Of("weights_digest")}.";
            case "replayed":
                var later = happened.TryGetProperty("tensor_step", out var at) && at.ValueKind == JsonValueKind.Number && at.GetInt64() > Number("step")
                    ? $" after step {at.GetInt64()}, the next that was saved," : "";
                var where = Of("tensor") is { } tensor
                    ? $"The first tensor that differs{later} is {tensor} in {Of("layer")}; {Number("tensors")} do."
                    : $"{char.ToUpperInvariant(Of("note")![0])}{Of("note")![1..]}.";
                return $"Step {Number("step")} has other weights than the ledger says: digest {Of("weights_digest")}, the ledger has {Of("ledger_digest") ?? "none"}."
                    + (happened.TryGetProperty("first_step", out var first) ? $"\nDone again from step {Number("from_step")} ({Of("from")}), step {first.GetInt64()} is the first that differs." : "")
                    + $"\n{where}";
            default:
                return null;
        }
    }
}
