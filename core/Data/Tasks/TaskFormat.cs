using System.Text;
using System.Text.Json;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>Turns a record of a task's file, a line or an entry of an array, into examples. Thread-safe.</summary>
/// <remarks>Files named .jsonl and .json, packed also with .gz behind that, hold objects, any other file cells with tabs between them.</remarks>
public sealed class TaskFormat
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly TaskSpec _task;
    private readonly ClosedBookTask? _dataset;
    private readonly bool _emptyTargets;
    private readonly TaskTemplate _input;
    private readonly TaskTemplate _target;

    /// <summary>The format of a task whose templates are known to be good.</summary>
    /// <param name="task">The task.</param>
    /// <param name="emptyTargets">Whether a target may be empty, as that of a question without an answer.</param>
    public TaskFormat(TaskSpec task, bool emptyTargets = false)
    {
        ArgumentNullException.ThrowIfNull(task);
        _task = task;
        _dataset = task.Dataset.Length > 0 ? ClosedBookTask.Named(task.Dataset) : null;
        _emptyTargets = emptyTargets;
        _input = TaskTemplate.Parse(task.Input);
        _target = TaskTemplate.Parse(task.Target);
    }

    /// <summary>Whether each record is one example; else each of its spans is one, or one that has no answer is none.</summary>
    public bool IsOneEach => _task.Spans.Length == 0 && _dataset is not { IsAnnotated: true };

    /// <summary>What there may be several of in a record, or none.</summary>
    internal string Unit => _task.Spans.Length > 0 ? "spans" : "examples";

    /// <summary>Whether a file's name says that it is one of the formats that a spec may name.</summary>
    public static bool IsKnown(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return IsJson(path) || PackedFile.PlainName(path).EndsWith(".tsv", StringComparison.Ordinal);
    }

    /// <summary>Whether a file holds objects.</summary>
    public static bool IsJson(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var name = PackedFile.PlainName(path);
        return name.EndsWith(".jsonl", StringComparison.Ordinal) || name.EndsWith(".json", StringComparison.Ordinal);
    }

    /// <summary>The columns of a tab-separated file.</summary>
    /// <param name="first">Its first line.</param>
    /// <exception cref="FormatException">They are not those that the templates ask for; the message is a clause.</exception>
    public TaskColumns Columns(ReadOnlySpan<byte> first) => TaskColumns.Of(Text(first).Split('\t'), _task.Columns, _input.Fields, _target.Fields);

    /// <summary>Reads a record.</summary>
    /// <param name="record">A line without its end, or an object.</param>
    /// <param name="columns">The columns of a tab-separated file; null in a file of objects.</param>
    /// <returns>One example, or one for each of the record's spans; none where no annotator answered the question.</returns>
    /// <exception cref="FormatException">It is no example; the message is a clause that names the field.</exception>
    public IReadOnlyList<TaskExample> Read(ReadOnlySpan<byte> record, TaskColumns? columns)
    {
        if (columns is not null)
        {
            var cells = Text(record).Split('\t');
            return [Example(field => columns.Values(cells, field))];
        }

        try
        {
            using var json = JsonDocument.Parse(Text(record));
            var root = json.RootElement;
            return root.ValueKind != JsonValueKind.Object
                ? throw new FormatException($"must be an object such as {{\"question\": ..., \"answer\": ...}}, was {root.ValueKind.ToString().ToLowerInvariant()}")
                : _dataset is not null ? Asked(root)
                : IsOneEach ? [Example(field => JsonFields.Values(root, field))] : Masked(root);
        }
        catch (JsonException error)
        {
            throw new FormatException($"is not JSON (at byte {error.BytePositionInLine})", error);
        }
    }

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

    // A field with several values makes as many targets; an input takes the first.
    private TaskExample Example(Func<string, IReadOnlyList<string>> values)
    {
        var input = _task.Prefix + _input.Fill(field => values(field)[0]);
        var count = _target.Fields.Select(field => values(field).Count).DefaultIfEmpty(1).Max();
        var targets = Enumerable.Range(0, count)
            .Select(i => _target.Fill(field => values(field) is var all && i < all.Count ? all[i] : all[0]))
            .ToArray();
        return string.IsNullOrWhiteSpace(input) ? throw new FormatException("has an empty input")
            : string.IsNullOrWhiteSpace(targets[0]) && !_emptyTargets ? throw new FormatException("has an empty target")
            : new TaskExample(input, targets);
    }

    // A published data set gives the fields input and target; others are the row's.
    private TaskExample[] Asked(JsonElement row) => _dataset!.Read(row) is not { } asked ? [] :
    [
        Example(field => field switch
        {
            "input" => [asked.Question],
            "target" => asked.Answers,
            _ => JsonFields.Values(row, field),
        }),
    ];

    private TaskExample[] Masked(JsonElement row)
    {
        var text = JsonFields.Values(row, _input.Fields[0])[0];
        return [.. SpanOffsets.Mask(text, JsonFields.Find(row, _task.Spans), _task.Mask)
            .Select(span => new TaskExample(_task.Prefix + _input.Fill(_ => span.Masked), [span.Span]))];
    }
}
