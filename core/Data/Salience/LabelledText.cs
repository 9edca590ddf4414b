using System.Text;
using System.Text.Json;

namespace Orchestrator.Core.Data.Salience;

/// <summary>A text with the spans that a person marked in it.</summary>
/// <remarks>
/// A line of JSON: <c>{"text": "...", "spans": {"start": [0], "limit": [5]}, "kinds": ["person"]}</c>, the spans as bytes of UTF-8 in the form that
/// Roberts et al. 2020 published, see <see cref="Tasks.SpanOffsets"/>.
/// </remarks>
/// <param name="Text">The text.</param>
/// <param name="Spans">What is marked, in UTF-16 places.</param>
public sealed record LabelledText(string Text, IReadOnlyList<SalientSpan> Spans)
{
    /// <summary>Reads a file, a text a line.</summary>
    /// <exception cref="BadInputException">It cannot be read, or a line is not of the form.</exception>
    public static IReadOnlyList<LabelledText> ReadFile(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"measure: '{path}' cannot be read ({error.Message}); name a file of labelled texts, a JSON object a line.", error);
        }

        return lines.Length > 0
            ? [.. lines.Select((line, number) => Parse(line, path, number + 1))]
            : throw new BadInputException($"measure: '{path}' is empty; it needs labelled texts, a JSON object a line.");
    }

    private static LabelledText Parse(string line, string path, int number)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var text = json.RootElement.GetProperty("text").GetString()!;
            var spans = json.RootElement.GetProperty("spans");
            int[] starts = [.. spans.GetProperty("start").EnumerateArray().Select(item => item.GetInt32())];
            int[] limits = [.. spans.GetProperty("limit").EnumerateArray().Select(item => item.GetInt32())];
            SalientKind[] kinds = [.. json.RootElement.GetProperty("kinds").EnumerateArray().Select(item => Enum.Parse<SalientKind>(item.GetString()!, ignoreCase: true))];
            if (starts.Length != limits.Length || starts.Length != kinds.Length)
            {
                throw new FormatException("start, limit and kinds differ in length");
            }

            var bytes = Encoding.UTF8.GetBytes(text);
            return new LabelledText(text, [.. kinds.Select((kind, i) => new SalientSpan(Place(bytes, starts[i]), Place(bytes, limits[i]), kind))]);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new BadInputException(
                $"measure: line {number} of '{path}' is no labelled text ({error.Message}); write {{\"text\": \"Rome fell.\", \"spans\": {{\"start\": [0], \"limit\": [4]}}, \"kinds\": [\"place\"]}}.", error);
        }
    }

    // The place of a byte: it must begin a character or be the end.
    private static int Place(byte[] bytes, int at) => at >= 0 && at <= bytes.Length && (at == bytes.Length || (bytes[at] & 0xC0) != 0x80)
        ? Encoding.UTF8.GetCharCount(bytes, 0, at)
        : throw new FormatException($"byte {at} begins no character of the text");
}
