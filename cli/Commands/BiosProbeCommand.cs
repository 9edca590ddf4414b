using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Cli.Commands;

/// <summary>Probes what a model tells of people.</summary>
internal static class BiosProbeCommand
{
    private const int Width = 13;

    public static Command Create(CommandContext context)
    {
        var fallback = new BiosProbeRequest();
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "A checkpoint's folder, a run's (then its newest), or a Hugging Face model's" };
        var data = new Option<string>("--data") { Description = "The folder of people and biographies", HelpName = "DIR", Required = true };
        var kind = new Option<BioProbeKind>("--kind") { Description = "position: in biographies, before each value; question: after the full name alone", HelpName = "position|question" };
        var steps = new Option<int>("--steps") { Description = "Steps of training", HelpName = "N", DefaultValueFactory = _ => fallback.Steps };
        var batch = new Option<int?>("--batch") { Description = "Texts of a step (left out: 50 biographies, or 200 names)", HelpName = "N" };
        var rank = new Option<int?>("--rank") { Description = "Rank of the embedding's update (left out: 2, or 16 for question)", HelpName = "N" };
        var rate = new Option<double>("--learning-rate") { Description = "At the first step; it falls to 0 along a line", HelpName = "X", DefaultValueFactory = _ => fallback.LearningRate };
        var decay = new Option<double>("--weight-decay") { Description = "AdamW's", HelpName = "X", DefaultValueFactory = _ => fallback.WeightDecay };
        var seed = new Option<long>("--seed") { Description = "Same seed and options, same figures", HelpName = "N", DefaultValueFactory = _ => fallback.Seed };
        var threads = new Option<int?>("--threads") { Description = "Compute threads (left out: one per processor)", HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "probe",
            "Trains linear probes on a frozen model for half of the people, and tests them on the others.",
            "orchestrator study bios probe runs/multi5 --data bios --kind position --steps 500",
            "orchestrator study bios probe runs/multi5 --data bios --kind question --steps 1000 --json")
        {
            checkpoint, data, kind, steps, batch, rank, rate, decay, seed, threads, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new BiosProbeRequest
            {
                Checkpoint = parsed.FullPath(checkpoint),
                Data = parsed.FullPath(data),
                Kind = parsed.GetValue(kind),
                Steps = parsed.GetValue(steps),
                Batch = parsed.GetValue(batch),
                Rank = parsed.GetValue(rank),
                LearningRate = parsed.GetValue(rate),
                WeightDecay = parsed.GetValue(decay),
                Seed = parsed.GetValue(seed),
            };
            request.Validate();
            return JobCommands.RunAsync(context, BiosProbeRequest.JobName, request, parsed.GetValue(json), Text, parsed.GetValue(threads));
        });
        return command;
    }

    /// <summary>The two tables of accuracies, a line for each position, a column for each attribute.</summary>
    internal static string? Text(JsonElement happened)
    {
        if (happened.GetProperty("event").GetString() != "probe")
        {
            return null;
        }

        var text = new StringBuilder();
        Table(text, "first token", happened.GetProperty("first"));
        Table(text.AppendLine(), "whole value", happened.GetProperty("whole"));
        return text.AppendLine()
            .Append(CultureInfo.InvariantCulture, $"Percent of {happened.GetProperty("people_tested").GetInt32()} people that were not among the {happened.GetProperty("people_trained").GetInt32()} trained on, after {happened.GetProperty("steps").GetInt32()} steps.")
            .ToString();
    }

    private static void Table(StringBuilder text, string title, JsonElement rows)
    {
        text.Append(title.PadRight(Width));
        foreach (var attribute in BioAttributes.All)
        {
            text.Append(attribute.Name().PadLeft(Width));
        }

        text.AppendLine();
        var position = 0;
        foreach (var row in rows.EnumerateArray())
        {
            text.Append((rows.GetArrayLength() == 1 ? "after name" : $"position {position++}").PadRight(Width));
            foreach (var value in row.EnumerateArray())
            {
                text.Append((value.ValueKind == JsonValueKind.Null ? "-" : value.GetDouble().ToString("F1", CultureInfo.InvariantCulture)).PadLeft(Width));
            }

            text.AppendLine();
        }
    }
}
