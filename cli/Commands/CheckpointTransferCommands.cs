using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using Orchestrator.Cli.Display;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary>Checkpoints from and to Hugging Face folders, and beside each other.</summary>
internal static class CheckpointTransferCommands
{
    public static Command Import(CommandContext context)
    {
        var folder = new Argument<string>("DIR") { Description = "A folder of a T5 as transformers keeps it: config.json, safetensors, spiece.model" };
        var output = new Option<string>("--out") { Description = "The checkpoint's new folder", HelpName = "DIR", Required = true };
        var vocabulary = new Option<string?>("--vocab") { Description = "A spiece.model (left out: the folder's own)", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "import",
            "Makes a checkpoint of a Hugging Face T5, from which a run can start (model.start_from).",
            "orchestrator checkpoint import ~/models/flan-t5-base --out flan-t5-base",
            "orchestrator checkpoint import ~/models/t5-small --out t5-small --vocab spiece.model --json")
        {
            folder, output, vocabulary, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new CheckpointImportRequest
            {
                Folder = parsed.FullPath(folder),
                Out = parsed.FullPath(output),
                Vocabulary = parsed.FullPathOrNull(vocabulary),
            };
            return JobCommands.RunAsync(context, CheckpointImportRequest.JobName, request, parsed.GetValue(json), Imported);
        });
        return command;
    }

    public static Command Export(CommandContext context)
    {
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "A checkpoint's folder, or a run's: then its newest" };
        var output = new Option<string>("--out") { Description = "The new folder", HelpName = "DIR", Required = true };
        var dtype = new Option<string>("--dtype") { Description = "fp32, bf16 or fp16", HelpName = "TYPE", DefaultValueFactory = _ => "fp32" };
        dtype.AcceptOnlyFromAmong("fp32", "bf16", "fp16");
        var shard = new Option<long>("--max-shard-size")
        {
            Description = "Of one file of weights: 500MB, 5GB, 4GiB or bytes",
            HelpName = "SIZE",
            DefaultValueFactory = _ => new CheckpointExportRequest().MaxShardBytes,
            CustomParser = Bytes,
        };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "export",
            "Writes a checkpoint's model as transformers' save_pretrained would.",
            "orchestrator checkpoint export quickstart --out quickstart-t5",
            "orchestrator checkpoint export runs/first --out first-t5 --dtype bf16 --max-shard-size 2GB")
        {
            checkpoint, output, dtype, shard, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new CheckpointExportRequest
            {
                Checkpoint = parsed.FullPath(checkpoint),
                Out = parsed.FullPath(output),
                Dtype = parsed.GetValue(dtype) switch { "bf16" => TensorType.BF16, "fp16" => TensorType.F16, _ => TensorType.F32 },
                MaxShardBytes = parsed.GetValue(shard),
            };
            request.Validate();
            return JobCommands.RunAsync(context, CheckpointExportRequest.JobName, request, parsed.GetValue(json), Exported);
        });
        return command;
    }

    public static Command Diff(CommandContext context)
    {
        var first = new Argument<string>("A") { Description = "A checkpoint's folder, a run's (then its newest), or a Hugging Face T5's" };
        var second = new Argument<string>("B") { Description = "Another" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "diff",
            "Compares weights by name, format, shape and value; exits with 1 where anything differs.",
            "orchestrator checkpoint diff runs/first runs/second",
            "orchestrator checkpoint diff runs/first/checkpoints/step-00001000 first-t5 --json")
        {
            first, second, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new CheckpointDiffRequest { First = parsed.FullPath(first), Second = parsed.FullPath(second) };
            return JobCommands.RunAsync(context, CheckpointDiffRequest.JobName, request, parsed.GetValue(json), Difference);
        });
        return command;
    }

    /// <summary>A size such as 500MB (10^6 bytes each), 4GiB (2^30) or 1000000.</summary>
    internal static long? ParseBytes(string text)
    {
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        var unit = text[digits..].Trim().ToUpperInvariant() switch
        {
            "" or "B" => 1L,
            "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KIB" => 1L << 10,
            "MIB" => 1L << 20,
            "GIB" => 1L << 30,
            _ => 0,
        };
        return unit > 0 && double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number * unit is >= 1 and < 1e18
            ? (long)(number * unit)
            : null;
    }

    private static long Bytes(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (ParseBytes(text) is { } bytes)
        {
            return bytes;
        }

        argument.AddError($"max_shard_size: '{text}' is no size; write it as 500MB, 5GB, 4GiB or bytes");
        return 0;
    }

    private static string? Imported(JsonElement happened) => happened.GetProperty("event").GetString() != "finished" ? null
        : $"{happened.GetProperty("path").GetString()}: {happened.GetProperty("parameters").GetInt64():N0} parameters, {RunText.Bytes(happened.GetProperty("bytes").GetInt64())}, digest {happened.GetProperty("weights_digest").GetString()}"
            + (happened.GetProperty("vocabulary").GetBoolean() ? "" : "\nIt has no vocabulary: to answer and evaluate with it, import it with --vocab spiece.model.")
            + $"\nA run starts from it with:\n{happened.GetProperty("model").GetString()}";

    private static string? Exported(JsonElement happened) => happened.GetProperty("event").GetString() != "finished" ? null
        : $"{happened.GetProperty("path").GetString()}: {happened.GetProperty("files").GetArrayLength()} file(s) of weights"
            + (happened.GetProperty("vocabulary").GetBoolean() ? "" : "; the checkpoint has no vocabulary, so neither has the folder");

    private static string? Difference(JsonElement happened)
    {
        switch (happened.GetProperty("event").GetString())
        {
            case "tensor" when !happened.GetProperty("same").GetBoolean():
                var (first, second) = (Stored(happened, "first"), Stored(happened, "second"));
                var stored = first == second ? first : $"{first} | {second}";
                return happened.TryGetProperty("max_absolute", out var absolute)
                    ? $"{happened.GetProperty("name").GetString(),-70} {stored,-24} max {Number(absolute)}  relative {Number(happened.GetProperty("relative"))}"
                    : $"{happened.GetProperty("name").GetString(),-70} {stored}";
            case "finished":
                var (a, b) = (happened.GetProperty("first"), happened.GetProperty("second"));
                var different = happened.GetProperty("different").GetInt32();
                return string.Join('\n',
                    $"{a.GetProperty("digest").GetString()}  {a.GetProperty("path").GetString()}",
                    $"{b.GetProperty("digest").GetString()}  {b.GetProperty("path").GetString()}",
                    $"{happened.GetProperty("tensors").GetInt32() - different} of {happened.GetProperty("tensors").GetInt32()} weights are the same, byte by byte.");
            default:
                return null;
        }
    }

    private static string Stored(JsonElement tensor, string side) => tensor.TryGetProperty(side, out var stored)
        ? $"{stored.GetProperty("dtype").GetString()!.ToUpperInvariant()} [{string.Join(", ", stored.GetProperty("shape").EnumerateArray())}]"
        : "missing";

    private static string Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble().ToString("0.###e+00", CultureInfo.InvariantCulture) : value.GetString()!;
}
