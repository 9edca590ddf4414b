using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Cli.Commands;

/// <summary>Measures what models know of a population and what of it they can tell.</summary>
internal static class BiosMeasureCommand
{
    public static Documented Create(CommandContext context)
    {
        var fallback = new BiosMeasureRequest();
        var bios = new Option<string>("--data") { Description = "The population's folder, from 'study bios generate'", HelpName = "DIR", Required = true };
        var pretrained = new Option<string?>("--pretrained") { Description = "The checkpoint or run that read the biographies: its memory and capacity", HelpName = "CHECKPOINT" };
        var finetuned = new Option<string?>("--finetuned") { Description = "The checkpoint or run that learned to answer: what it answers", HelpName = "CHECKPOINT" };
        var batch = new Option<int>("--batch") { Description = "Sequences at once", HelpName = "N", DefaultValueFactory = _ => fallback.Batch };
        var limit = new Option<int?>("--limit") { Description = "At most N people of those trained on and N of those held out (left out: everyone)", HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "measure",
            "Measures memory inside the biographies, extraction by questions, the majority baseline and capacity.",
            "orchestrator study bios measure --data bios --pretrained runs/pretrain --finetuned runs/finetune",
            "orchestrator study bios measure --data bios --pretrained runs/pretrain --limit 1000 --json")
        {
            bios, pretrained, finetuned, batch, limit, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new BiosMeasureRequest
            {
                Bios = parsed.FullPath(bios),
                Pretrained = parsed.FullPathOrNull(pretrained),
                Finetuned = parsed.FullPathOrNull(finetuned),
                Batch = parsed.GetValue(batch),
                Limit = parsed.GetValue(limit),
            };
            request.Validate();
            return JobCommands.RunAsync(
                context, BiosMeasureRequest.JobName, request, parsed.GetValue(json), happened => happened.GetProperty("event").GetString() == "finished" ? Text(happened) : null);
        });
        return command;
    }

    private static string Text(JsonElement measures)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{"percent",-14}{"first token",12}{"whole value",12}{"held out",12}{"trained",12}{"guessing",12}\n");
        foreach (var name in BioAttributes.All.Select(attribute => attribute.Name()))
        {
            text.Append(CultureInfo.InvariantCulture, $"{name,-14}{Of("memory", "first", name)}{Of("memory", "whole", name)}{Of("extraction", "held_out", name)}{Of("extraction", "trained", name)}{Of("majority", name)}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{"mean",-14}{Of("memory", "first_mean")}{Of("memory", "whole_mean")}{Of("extraction", "held_out_mean")}\n");
        text.Append(CultureInfo.InvariantCulture, $"{"mean of five",-14}{"",24}{Of("extraction", "held_out_mean_of_five")}{Of("extraction", "trained_mean_of_five")}{Of("majority", "mean_of_five")}");
        if (measures.TryGetProperty("capacity", out var capacity))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"\ncapacity      {capacity.GetProperty("bits").GetDouble():F0} bits in {capacity.GetProperty("parameters").GetInt64()} weights: {capacity.GetProperty("bits_per_parameter").GetDouble():F3} bits each");
        }

        return text.ToString();

        string Of(params ReadOnlySpan<string> path)
        {
            var at = measures;
            foreach (var name in path)
            {
                if (!at.TryGetProperty(name, out at))
                {
                    return $"{"",12}";
                }
            }

            return string.Create(CultureInfo.InvariantCulture, $"{at.GetDouble(),12:F1}");
        }
    }
}
