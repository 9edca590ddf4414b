using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Worker.Jobs;

/// <summary>What a job tells its caller: one JSON object a line on standard output, each with an <c>event</c>. Thread-safe.</summary>
internal sealed class JobEvents(TextWriter output)
{
    /// <summary>How requests and events are written: snake_case, enums as snake_case words, no nulls.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private readonly Lock _writing = new();

    /// <summary>Writes an event; the payload's properties become the event's.</summary>
    public void Write(string name, object? payload = null)
    {
        var line = JsonSerializer.SerializeToNode(payload ?? new { }, Json)!.AsObject();
        line.Insert(0, "event", name);
        lock (_writing)
        {
            output.WriteLine(line.ToJsonString(Json));
            output.Flush();
        }
    }

    /// <summary>Says how far a stage is.</summary>
    /// <param name="stage">What is being done, one word.</param>
    /// <param name="done">How much is done.</param>
    /// <param name="total">How much there is, where known.</param>
    /// <param name="unit">Of what: pages, tokens, bytes.</param>
    public void Progress(string stage, long done, long? total, string unit) =>
        Write("progress", new { Stage = stage, Done = done, Total = total, Unit = unit });
}
