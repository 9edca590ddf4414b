using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core;

namespace Orchestrator.Worker.Jobs;

/// <summary>Reads a job's request.</summary>
internal static class JobRequests
{
    private static readonly JsonSerializerOptions s_json =
        new(JobEvents.Json) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <summary>The request as its record.</summary>
    /// <exception cref="BadInputException">A field is unknown or of another type.</exception>
    public static T Read<T>(JsonElement request)
    {
        try
        {
            return request.Deserialize<T>(s_json) ?? throw new JsonException("it is null");
        }
        catch (JsonException error)
        {
            throw new BadInputException($"The request does not read as {typeof(T).Name}: {error.Message}", error);
        }
    }
}
