using System.Text.Json;

namespace Orchestrator.Core.Evaluation;

/// <summary>Reads the examples of a task.</summary>
/// <remarks>
/// A file named .jsonl or .json holds objects, one a line or in one array: <c>{"input": …, "target": …}</c> or <c>"targets": […]</c>. The names of published question
/// answering files do as well: <c>question</c> (NQ-open, TriviaQA by Anserini) and <c>qText</c> (WebQuestions) for the input, <c>answer</c> and <c>answers</c> for the targets.
/// Any other file holds input, tab, target, and more targets after more tabs; a first line of those names is no example.
/// </remarks>
public static class ExampleFile
{
    private const int MostProblems = 20;

    private static readonly string[] s_inputs = ["input", "question", "qText"];
    private static readonly string[] s_targets = ["targets", "target", "answers", "answer"];

    /// <summary>The examples in the order of the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">The first so many; null: all.</param>
    /// <exception cref="BadInputException">The file cannot be read, holds none, or has bad lines, which the message locates.</exception>
    public static IReadOnlyList<EvaluationExample> Read(string path, long? limit = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        var examples = new List<EvaluationExample>();
        var problems = new List<string>();
        try
        {
            var json = Path.GetExtension(path) is ".jsonl" or ".json";
            if (json && FirstCharacter(path) == '[')
            {
                ReadArray(path, limit, examples, problems);
            }
            else
            {
                ReadLines(path, json, limit, examples, problems);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"task: {path} cannot be read: {error.Message.TrimEnd('.')}; name a file of examples.", error);
        }
        catch (JsonException error)
        {
            throw new BadInputException($"task: {path} is not JSON: {error.Message}", error);
        }

        if (problems.Count > 0)
        {
            var more = problems.Count > MostProblems ? $"\nand {problems.Count - MostProblems} more" : "";
            throw new BadInputException(string.Join('\n', problems.Take(MostProblems)) + more);
        }

        return examples.Count > 0 ? examples : throw new BadInputException($"task: {path} holds no example; write input, tab, target on each line.");
    }

    private static char FirstCharacter(string path)
    {
        using var reader = new StreamReader(path);
        int c;
        while ((c = reader.Read()) >= 0 && char.IsWhiteSpace((char)c))
        {
        }

        return c < 0 ? '\0' : (char)c;
    }

    private static void ReadLines(string path, bool json, long? limit, List<EvaluationExample> examples, List<string> problems)
    {
        var number = 0L;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (examples.Count >= limit)
            {
                return;
            }

            if (number == 1 && !json && NamesColumns(line))
            {
                continue;
            }

            if (json ? FromJson(line, number, out var problem) is { } example : (example = FromTabs(line, number, out problem)) is not null)
            {
                examples.Add(example);
            }
            else
            {
                problems.Add($"{path}:{number}: {problem}");
            }
        }
    }

    private static void ReadArray(string path, long? limit, List<EvaluationExample> examples, List<string> problems)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var number = 0L;
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            number++;
            if (examples.Count >= limit)
            {
                return;
            }

            if (FromObject(entry, number, out var problem) is { } example)
            {
                examples.Add(example);
            }
            else
            {
                problems.Add($"{path}: entry {number}: {problem}");
            }
        }
    }

    private static bool NamesColumns(string line) =>
        line.Split('\t') is [var input, .. { Length: > 0 } targets] && s_inputs.Contains(input) && targets.All(s_targets.Contains);

    private static EvaluationExample? FromTabs(string line, long number, out string problem)
    {
        var parts = line.Split('\t');
        problem = line.Length == 0 ? "the line is empty; write input, tab, target" : "there is no tab; write input, tab, target";
        if (parts.Length > 1 && string.IsNullOrWhiteSpace(parts[0]))
        {
            problem = "the input is empty";
        }

        return parts.Length > 1 && !string.IsNullOrWhiteSpace(parts[0]) ? new EvaluationExample(number, parts[0], parts[1..]) : null;
    }

    private static EvaluationExample? FromJson(string line, long number, out string problem)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return FromObject(document.RootElement, number, out problem);
        }
        catch (JsonException)
        {
            problem = "the line is not JSON; write {\"input\": …, \"target\": …}";
            return null;
        }
    }

    private static EvaluationExample? FromObject(JsonElement entry, long number, out string problem)
    {
        problem = "it has no text \"input\"";
        if (entry.ValueKind != JsonValueKind.Object || Find(entry, s_inputs) is not { ValueKind: JsonValueKind.String } input || string.IsNullOrWhiteSpace(input.GetString()))
        {
            return null;
        }

        problem = "it has neither a text \"target\" nor a list of texts \"targets\"";
        string[]? targets = Find(entry, s_targets) switch
        {
            { ValueKind: JsonValueKind.String } one => [one.GetString()!],
            { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(target => target.ValueKind == JsonValueKind.String) =>
                [.. list.EnumerateArray().Select(target => target.GetString()!)],
            _ => null,
        };
        return targets is { Length: > 0 } ? new EvaluationExample(number, input.GetString()!, targets) : null;
    }

    private static JsonElement? Find(JsonElement entry, string[] names)
    {
        foreach (var name in names)
        {
            if (entry.TryGetProperty(name, out var value))
            {
                return value;
            }
        }

        return null;
    }
}
