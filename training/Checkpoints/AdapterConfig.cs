using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Core;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;

namespace Orchestrator.Training.Checkpoints;

/// <summary>adapter_config.json of Hugging Face's PEFT: what an adapter belongs to and how it is scaled.</summary>
/// <param name="Base">The folder of the model that it adapts.</param>
/// <param name="Alpha">An update of rank r is scaled by alpha / r.</param>
public sealed record AdapterConfig(string Base, double Alpha)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "adapter_config.json";

    /// <summary>Name of the file of tensors beside it.</summary>
    public const string TensorsFileName = "adapter_model.safetensors";

    /// <summary>The file of a spec's adaptation.</summary>
    /// <param name="lora">The adaptation.</param>
    /// <param name="updates">Its updates.</param>
    /// <param name="shape">The model's shapes.</param>
    /// <param name="baseFolder">The folder of the model that it adapts.</param>
    public static byte[] Write(LoraSpec lora, IReadOnlyList<LowRankShape> updates, ResolvedModel shape, string baseFolder)
    {
        ArgumentNullException.ThrowIfNull(lora);
        var ranks = new JsonObject();
        foreach (var update in updates.Where(update => update.Rank != lora.Rank))
        {
            ranks[AdapterWeights.Module(update.Weight)] = update.Rank;
        }

        var json = new JsonObject
        {
            ["peft_type"] = "LORA",
            ["task_type"] = shape.Family switch { ModelFamily.T5 => "SEQ_2_SEQ_LM", ModelFamily.Gpt => "CAUSAL_LM", _ => null },
            ["base_model_name_or_path"] = baseFolder,
            ["r"] = lora.Rank,
            ["lora_alpha"] = lora.Alpha,
            ["lora_dropout"] = 0.0,
            ["bias"] = "none",
            ["fan_in_fan_out"] = updates.Any(update => LanguageModels.IsTransposed(shape, update.Weight)),
            ["rank_pattern"] = ranks,
            ["target_modules"] = new JsonArray([.. updates.Select(update => (JsonNode)AdapterWeights.Module(update.Weight))]),
            ["inference_mode"] = true,
        };
        return Encoding.UTF8.GetBytes(json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    /// <summary>Reads the file of a folder; null where it has none.</summary>
    /// <exception cref="BadInputException">It is damaged.</exception>
    public static AdapterConfig? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return new AdapterConfig(json.RootElement.GetProperty("base_model_name_or_path").GetString()!, json.RootElement.GetProperty("lora_alpha").GetDouble());
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new BadInputException($"The adapter's '{path}' cannot be read: {error.Message}", error);
        }
    }
}
