using System.CommandLine;
using System.Text.Json;
using Orchestrator.Cli.Display;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary>Lists, verifies, compares, imports and exports checkpoints.</summary>
internal static class CheckpointCommand
{
    public static Command Create(CommandContext context) => new Documented(
        "checkpoint",
        "Lists, verifies, compares, imports, exports and merges checkpoints.",
        "orchestrator checkpoint list quickstart",
        "orchestrator checkpoint verify quickstart",
        "orchestrator checkpoint import ~/models/t5-small --out t5-small")
    {
        List(context),
        Verify(context),
        CheckpointTransferCommands.Import(context),
        CheckpointTransferCommands.Export(context),
        CheckpointTransferCommands.Diff(context),
        Merge(context),
    };

    private static Documented List(CommandContext context)
    {
        var folder = new Argument<string>("DIR") { Description = "A run's folder, or its checkpoints folder" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented("list", "Names the checkpoints in a folder, oldest first.", "orchestrator checkpoint list quickstart", "orchestrator checkpoint list runs/first --json") { folder, json };
        command.SetAction((parsed, _) =>
        {
            var request = new CheckpointListRequest { Folder = parsed.FullPath(folder) };
            return JobCommands.RunAsync(context, CheckpointListRequest.JobName, request, parsed.GetValue(json), Text);
        });
        return command;
    }

    private static Documented Verify(CommandContext context)
    {
        var folder = new Argument<string>("DIR") { Description = "A checkpoint's folder, or a run's: then each of its checkpoints" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "verify",
            "Reads every byte of a checkpoint and compares every digest; exits with 1 where something is damaged.",
            "orchestrator checkpoint verify quickstart",
            "orchestrator checkpoint verify quickstart/checkpoints/step-00003000")
        {
            folder, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new CheckpointVerifyRequest { Folder = parsed.FullPath(folder) };
            return JobCommands.RunAsync(context, CheckpointVerifyRequest.JobName, request, parsed.GetValue(json), Text);
        });
        return command;
    }

    private static Documented Merge(CommandContext context)
    {
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "A checkpoint of a run with model.lora, or the run's folder: then its newest" };
        var output = new Option<string>("--out") { Description = "The plain checkpoint's new folder", HelpName = "DIR", Required = true };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "merge", "Adds a low-rank adaptation to the weights that it adapts: a plain checkpoint.", "orchestrator checkpoint merge runs/adapted --out merged")
        {
            checkpoint, output, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new CheckpointMergeRequest { Checkpoint = parsed.FullPath(checkpoint), Out = parsed.FullPath(output) };
            return JobCommands.RunAsync(context, CheckpointMergeRequest.JobName, request, parsed.GetValue(json), Text);
        });
        return command;
    }

    private static string? Text(JsonElement happened) => happened.GetProperty("event").GetString() switch
    {
        "checkpoint" when happened.TryGetProperty("fault", out var fault) => $"{happened.GetProperty("path").GetString()}  damaged: {fault.GetString()}",
        "checkpoint" => $"step {happened.GetProperty("step").GetInt64(),8}  {RunText.Bytes(happened.GetProperty("bytes").GetInt64()),10}  digest {happened.GetProperty("weights_digest").GetString()}  {happened.GetProperty("path").GetString()}{Best(happened)}",
        "verified" => $"{happened.GetProperty("path").GetString()}: every digest matches ({happened.GetProperty("files").GetInt64()} files, {RunText.Bytes(happened.GetProperty("bytes").GetInt64())})",
        "damaged" => $"damaged: {happened.GetProperty("file").GetString()}: {happened.GetProperty("fault").GetString()}",
        "finished" when happened.TryGetProperty("adapter", out var adapter) =>
            $"{happened.GetProperty("path").GetString()}: {adapter.GetString()} added to {happened.GetProperty("base").GetString()}, digest {happened.GetProperty("weights_digest").GetString()}",
        "finished" when happened.TryGetProperty("count", out var count) && count.GetInt64() == 0 => "There is no checkpoint.",
        _ => null,
    };

    private static string Best(JsonElement happened) =>
        happened.TryGetProperty("best", out var best) && best.ValueKind == JsonValueKind.Object
            ? $"  best {best.GetProperty("metric").GetString()}: {best.GetProperty("value").GetDouble():0.0000}"
            : "";
}
