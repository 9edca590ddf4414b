using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>How results of studies are written.</summary>
internal static class StudyJson
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        WriteIndented = true,
    };

    /// <summary>The text of a result's file.</summary>
    public static string Write<T>(T result) => JsonSerializer.Serialize(result, s_json) + "\n";

    /// <summary>Reads a result.</summary>
    /// <exception cref="BadInputException">The file is no result.</exception>
    public static T Read<T>(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), s_json) ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{path} is no result of a study: {e.Message}", e);
        }
    }
}
