using System.Text;
using System.Text.Json;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>Spans of a text as bytes of its UTF-8, in the form of the salient spans that Roberts et al. 2020 (arXiv:2002.08910) published.</summary>
/// <remarks><c>{"start": [0, 17], "limit": [8, 21]}</c>: span i is text[start[i]..limit[i]] (t5_closed_book_qa, preprocessors.py, mask_salient_spans).</remarks>
public static class SpanOffsets
{
    /// <summary>Each span masked in the text, and its own text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="spans">The offsets.</param>
    /// <param name="mask">What stands in a span's place.</param>
    /// <exception cref="FormatException">They are no offsets, or no characters of the text; the message is a clause.</exception>
    internal static IReadOnlyList<(string Masked, string Span)> Mask(string text, JsonElement spans, string mask)
    {
        var (starts, limits) = (Numbers(spans, "start"), Numbers(spans, "limit"));
        if (starts.Length != limits.Length)
        {
            throw new FormatException($"has {starts.Length} starts and {limits.Length} limits of spans");
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. starts.Zip(limits, (start, limit) => start >= 0 && start < limit && limit <= bytes.Length && IsWhole(bytes, start) && IsWhole(bytes, limit)
            ? (Text(bytes.AsSpan(0, start)) + mask + Text(bytes.AsSpan(limit)), Text(bytes.AsSpan(start, limit - start)))
            : throw new FormatException($"has a span from byte {start} to {limit} that is no run of whole characters of its text of {bytes.Length} bytes"))];
    }

    /// <summary>The offsets of spans that are given in characters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="spans">UTF-16 places of the text.</param>
    public static (int[] Start, int[] Limit) Of(string text, IReadOnlyList<(int Start, int End)> spans)
    {
        ArgumentNullException.ThrowIfNull(spans);
        return ([.. spans.Select(span => Encoding.UTF8.GetByteCount(text.AsSpan(0, span.Start)))], [.. spans.Select(span => Encoding.UTF8.GetByteCount(text.AsSpan(0, span.End)))]);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    // A character's later bytes are 10xxxxxx.
    private static bool IsWhole(byte[] bytes, int place) => place == bytes.Length || (bytes[place] & 0xC0) != 0x80;

    private static int[] Numbers(JsonElement spans, string name)
    {
        if (spans.ValueKind == JsonValueKind.Object && spans.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out _)))
        {
            return [.. list.EnumerateArray().Select(item => item.GetInt32())];
        }

        throw new FormatException($"has no list of bytes \"{name}\" in its spans; write {{\"start\": [0], \"limit\": [5]}}");
    }
}
