using System.Text;
using System.Text.Json;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>Turns a line of a task's file into an example. Thread-safe.</summary>
public sealed class TaskFormat
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly TaskSpec _task;
    private readonly TaskTemplate _input;
    private readonly TaskTemplate _target;

    /// <summary>The format of a task whose templates are known to be good.</summary>
    public TaskFormat(TaskSpec task)
    {
        ArgumentNullException.ThrowIfNull(task);
        _task = task;
        _input = TaskTemplate.Parse(task.Input);
        _target = TaskTemplate.Parse(task.Target);
    }

    /// <summary>Whether a file's name says that it is one of the two formats.</summary>
    public static bool IsKnown(string path) => IsTsv(path) || path.EndsWith(".jsonl", StringComparison.Ordinal);

    /// <summary>Whether a file's first line names its columns.</summary>
    public bool HasHeader(string path) => IsTsv(path) && _task.Columns.Count == 0;

    /// <summary>The columns that a <c>.tsv</c> file's first line names.</summary>
    /// <exception cref="FormatException">A name comes twice, or one that the templates ask for does not come; the message is a clause.</exception>
    public IReadOnlyList<string> Columns(ReadOnlySpan<byte> header)
    {
        var columns = Text(header).Split('\t');
        Require(columns);
        return columns;
    }

    /// <summary>The columns of a file without a line of names.</summary>
    /// <exception cref="FormatException">As <see cref="Columns(ReadOnlySpan{byte})"/>.</exception>
    public IReadOnlyList<string> Columns()
    {
        Require(_task.Columns);
        return _task.Columns;
    }

    /// <summary>Reads a line.</summary>
    /// <param name="path">The file, for its format.</param>
    /// <param name="line">The line without its end.</param>
    /// <param name="columns">The columns of a <c>.tsv</c> file.</param>
    /// <exception cref="FormatException">The line is no example; the message is a clause that names the field.</exception>
    public TaskExample Read(string path, ReadOnlySpan<byte> line, IReadOnlyList<string> columns)
    {
        if (IsTsv(path))
        {
            var values = Text(line).Split('\t');
            return values.Length == columns.Count
                ? Example(name => [values[columns.Index().First(column => column.Item == name).Index]])
                : throw new FormatException($"has {values.Length} fields where there are {columns.Count} columns ({string.Join(", ", columns)})");
        }

        try
        {
            using var json = JsonDocument.Parse(Text(line));
            var root = json.RootElement;
            return root.ValueKind == JsonValueKind.Object
                ? Example(name => Values(root, name))
                : throw new FormatException($"must be an object such as {{\"question\": ..., \"answer\": ...}}, was {root.ValueKind.ToString().ToLowerInvariant()}");
        }
        catch (JsonException error)
        {
            throw new FormatException($"is not JSON (at byte {error.BytePositionInLine})", error);
        }
    }

    private static bool IsTsv(string path) => path.EndsWith(".tsv", StringComparison.Ordinal);

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            // A file may begin with a byte order mark.
            return s_strict.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException error)
        {
            throw new FormatException("is not UTF-8", error);
        }
    }

    private void Require(IReadOnlyList<string> columns)
    {
        if (columns.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new FormatException($"names the column \"{twice.Key}\" twice");
        }

        if (_input.Fields.Concat(_target.Fields).Except(columns, StringComparer.Ordinal).FirstOrDefault() is { } missing)
        {
            throw new FormatException($"has no column \"{missing}\", which the templates of task {_task.Name} ask for; there are {string.Join(", ", columns)}");
        }
    }

    // A field with several values makes as many targets; an input takes the first.
    private TaskExample Example(Func<string, IReadOnlyList<string>> values)
    {
        var input = _task.Prefix + _input.Fill(name => values(name)[0]);
        var count = _target.Fields.Select(name => values(name).Count).DefaultIfEmpty(1).Max();
        var targets = Enumerable.Range(0, count)
            .Select(i => _target.Fill(name => values(name) is var all && i < all.Count ? all[i] : all[0]))
            .ToArray();
        return string.IsNullOrWhiteSpace(input) ? throw new FormatException("has an empty input")
            : string.IsNullOrWhiteSpace(targets[0]) ? throw new FormatException("has an empty target")
            : new TaskExample(input, targets);
    }

    // a.b is the field b of the object a.
    private static string[] Values(JsonElement row, string name)
    {
        var value = row;
        foreach (var key in name.Split('.'))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(key, out value))
            {
                throw new FormatException($"has no field \"{name}\"");
            }
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return [One(value, name)];
        }

        return value.GetArrayLength() > 0
            ? [.. value.EnumerateArray().Select(item => One(item, name))]
            : throw new FormatException($"has no value in the list \"{name}\"");
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
