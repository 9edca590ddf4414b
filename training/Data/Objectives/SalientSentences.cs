using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Training.Data.Objectives;

/// <summary>A sentence and its salient spans, as a line of the form that <see cref="SpanOffsets"/> reads.</summary>
/// <param name="Text">The sentence.</param>
/// <param name="Spans">Bytes of its UTF-8.</param>
public sealed record SalientSentence(string Text, ByteSpans Spans)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The line.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, s_json);
}

/// <summary>Where spans are.</summary>
/// <param name="Start">The first byte of each.</param>
/// <param name="Limit">The byte after the last of each.</param>
public sealed record ByteSpans([property: JsonPropertyName("start")] IReadOnlyList<int> Start, [property: JsonPropertyName("limit")] IReadOnlyList<int> Limit);

/// <summary>A document's sentences.</summary>
/// <param name="Salient">Those with spans.</param>
/// <param name="Plain">How many have none.</param>
/// <param name="TooLong">How many are longer than allowed.</param>
public sealed record DocumentSentences(IReadOnlyList<SalientSentence> Salient, int Plain, int TooLong);

/// <summary>Cuts documents into sentences and finds their salient spans. Thread-safe.</summary>
/// <param name="tokenizer">The vocabulary.</param>
/// <param name="finder">Finds the spans.</param>
/// <param name="longestSpan">Tokens of a span at most.</param>
/// <param name="longestSentence">Tokens of a sentence at most.</param>
public sealed class SalientSentences(Tokenizer tokenizer, ISpanFinder finder, int longestSpan, int longestSentence)
{
    /// <summary>The sentences of a document.</summary>
    /// <param name="document">Its tokens.</param>
    public DocumentSentences Of(ReadOnlySpan<int> document)
    {
        var salient = new List<SalientSentence>();
        var (plain, tooLong) = (0, 0);
        foreach (var sentence in Sentences.Split(tokenizer.Decode(document)))
        {
            var tokens = tokenizer.Encode(sentence);
            if (tokens.Length > longestSentence)
            {
                tooLong++;
            }
            else if (Find(tokens) is { Spans.Start.Count: > 0 } found)
            {
                salient.Add(found);
            }
            else
            {
                plain++;
            }
        }

        return new DocumentSentences(salient, plain, tooLong);
    }

    private SalientSentence Find(int[] tokens)
    {
        var text = tokenizer.Decode(tokens);
        // A word ends where another begins: the sentinel ends the last one.
        var spans = finder.Find([.. tokens, tokenizer.Sentinel(0)], longestSpan);
        var places = spans.Select(span => (tokenizer.Decode(tokens.AsSpan(0, span.Start)), tokenizer.Decode(tokens.AsSpan(0, span.End))))
            .Where(parts => text.StartsWith(parts.Item2, StringComparison.Ordinal) && parts.Item2.StartsWith(parts.Item1, StringComparison.Ordinal))
            .Select(parts => (Start: parts.Item1.Length + Blanks(parts.Item2.AsSpan(parts.Item1.Length)), End: parts.Item2.Length))
            .Where(place => place.Start < place.End)
            .ToArray();
        var (start, limit) = SpanOffsets.Of(text, places);
        return new SalientSentence(text, new ByteSpans(start, limit));
    }

    private static int Blanks(ReadOnlySpan<char> text) => text.Length - text.TrimStart().Length;
}
