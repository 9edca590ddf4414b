using System.Text.Json;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>Finds the values of fields in an object.</summary>
internal static class JsonFields
{
    /// <summary>The values of a field: those of a list, or one.</summary>
    /// <param name="row">The object.</param>
    /// <param name="field">The field; <c>a.b</c> is the field b of the object a.</param>
    /// <exception cref="FormatException">There is none; the message is a clause.</exception>
    public static IReadOnlyList<string> Values(JsonElement row, string field)
    {
        var value = Find(row, field);
        if (value.ValueKind != JsonValueKind.Array)
        {
            return [One(value, field)];
        }

        return value.GetArrayLength() > 0
            ? [.. value.EnumerateArray().Select(item => One(item, field))]
            : throw new FormatException($"has no value in the list \"{field}\"");
    }

    /// <summary>A field as it stands.</summary>
    /// <exception cref="FormatException">There is none; the message is a clause.</exception>
    public static JsonElement Find(JsonElement row, string field)
    {
        foreach (var name in UsualFields.Names(field))
        {
            if (Reach(row, name) is { } value)
            {
                return value;
            }
        }

        throw new FormatException(UsualFields.Has(field)
            ? $"has no field \"{field}\" (nor {string.Join(", ", UsualFields.Names(field).Where(name => name != field))})"
            : $"has no field \"{field}\"");
    }

    private static JsonElement? Reach(JsonElement row, string name)
    {
        var value = row;
        foreach (var key in name.Split('.'))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(key, out value))
            {
                return null;
            }
        }

        return value;
    }

    private static string One(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw new FormatException($"must have text or a number in the field \"{name}\", had {value.ValueKind.ToString().ToLowerInvariant()}"),
    };
}
