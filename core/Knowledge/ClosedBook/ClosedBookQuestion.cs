using System.Text.Json;

namespace Orchestrator.Core.Knowledge.ClosedBook;

/// <summary>A question of a published data set.</summary>
/// <param name="Question">What is asked, without a prefix.</param>
/// <param name="Answers">The answers that are right, at least one; the first is the target that is trained on.</param>
public sealed record ClosedBookQuestion(string Question, IReadOnlyList<string> Answers)
{
    /// <summary>Reads a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="questions">Names of the question's field; the first that is there counts.</param>
    /// <param name="answers">Names of the answers' field, likewise.</param>
    /// <exception cref="FormatException">A field is missing, empty or of another kind; the message is a clause that names it.</exception>
    internal static ClosedBookQuestion Read(JsonElement row, IReadOnlyList<string> questions, IReadOnlyList<string> answers)
    {
        var (asked, question) = Field(row, questions);
        var (name, value) = Field(row, answers);
        return new ClosedBookQuestion(Text(question, asked), Answered(value, name));
    }

    /// <summary>The first of some fields that a row has.</summary>
    /// <exception cref="FormatException">It has none; the message is a clause.</exception>
    internal static (string Name, JsonElement Value) Field(JsonElement row, params IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (row.TryGetProperty(name, out var value))
            {
                return (name, value);
            }
        }

        throw new FormatException($"has no field \"{names[0]}\"{(names.Count > 1 ? $" (nor {string.Join(", ", names.Skip(1))})" : "")}");
    }

    /// <summary>A field that must be text.</summary>
    /// <exception cref="FormatException">It is not, or blank; the message is a clause.</exception>
    internal static string Text(JsonElement value, string name) =>
        value.ValueKind != JsonValueKind.String ? throw new FormatException($"must have text in the field \"{name}\", had {value.ValueKind.ToString().ToLowerInvariant()}")
        : value.GetString() is { } text && !string.IsNullOrWhiteSpace(text) ? text
        : throw new FormatException($"has an empty field \"{name}\"");

    private static string[] Answered(JsonElement value, string name)
    {
        var all = value.ValueKind switch
        {
            JsonValueKind.Array => value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String
                ? item.GetString()!
                : throw new FormatException($"must have texts in the list \"{name}\", had {item.ValueKind.ToString().ToLowerInvariant()}")),
            JsonValueKind.Object => OfTrivia(value, name),
            _ when name == "targetValue" => FreebaseList.Descriptions(Text(value, name)),
            _ => [Text(value, name)],
        };
        string[] answers = [.. all.Where(answer => !string.IsNullOrWhiteSpace(answer)).Distinct()];
        return answers.Length > 0 ? answers : throw new FormatException($"has no answer in the field \"{name}\"");
    }

    // {"Value": "…", "Aliases": […]}, in lower case where the file was made by TensorFlow Datasets.
    private static IEnumerable<string> OfTrivia(JsonElement answer, string name)
    {
        try
        {
            var (valueName, value) = Field(answer, "Value", "value");
            var (aliasName, aliases) = Field(answer, "Aliases", "aliases", "NormalizedAliases", "normalized_aliases");
            return aliases.ValueKind != JsonValueKind.Array
                ? throw new FormatException($"must have a list in the field \"{aliasName}\"")
                : aliases.EnumerateArray().Where(alias => alias.ValueKind == JsonValueKind.String).Select(alias => alias.GetString()!).Prepend(Text(value, valueName));
        }
        catch (FormatException error)
        {
            throw new FormatException($"{error.Message} in its \"{name}\"", error);
        }
    }
}
