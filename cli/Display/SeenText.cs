using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Cli.Display;

/// <summary>The events of <c>corpus-audit</c> about passages and documents as text: where they stand, then a table of the samples that held them.</summary>
internal sealed class SeenText
{
    private readonly List<string> _places = [];
    private bool _isTable;

    /// <summary>An event as text, or null for nothing.</summary>
    public string? Of(JsonElement happened) => happened.GetProperty("event").GetString() switch
    {
        "place" => Place(happened),
        "seen" => Seen(happened),
        "finished" => Finished(happened),
        _ => null,
    };

    private static long Number(JsonElement happened, string name) => happened.GetProperty(name).GetInt64();

    private string Place(JsonElement happened)
    {
        var what = happened.TryGetProperty("which", out var which) ? $"\"{which.GetString()}\"" : "The whole document";
        var (document, tokens) = (Number(happened, "document"), Number(happened, "tokens"));
        if (happened.GetProperty("split").GetString() == "validation")
        {
            return $"{what}: {tokens} tokens of validation document {document}, which is held out.";
        }

        _places.Add($"{tokens}");
        return $"{what}: {tokens} tokens of training document {document} (place {_places.Count - 1}).";
    }

    private string Seen(JsonElement happened)
    {
        var text = new StringBuilder();
        if (!_isTable)
        {
            _isTable = true;
            text.Append(CultureInfo.InvariantCulture, $"{"step",10}{"epoch",8}{"microbatch",12}{"row",6}{"sample",12}{"place",8}{"tokens",16}\n");
        }

        var place = (int)Number(happened, "place");
        var tokens = $"{Number(happened, "tokens")} of {_places[place]}";
        return text.Append(
            CultureInfo.InvariantCulture,
            $"{Number(happened, "step"),10}{Number(happened, "epoch"),8}{Number(happened, "microbatch"),12}{Number(happened, "row"),6}{Number(happened, "sample"),12}{place,8}{tokens,16}").ToString();
    }

    private string Finished(JsonElement happened) =>
        Number(happened, "places") == 0 ? "No training document holds it."
        : !_isTable ? "No step consumed a sample with it."
        : $"Seen {Number(happened, "seen")} times, first at step {Number(happened, "first_step")}, last at step {Number(happened, "last_step")}.";
}
