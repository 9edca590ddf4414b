using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core.Data.Salience;
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

/// <summary>Cuts documents into sentences and finds their salient spans, see <see cref="SalientText"/>. Thread-safe.</summary>
/// <param name="tokenizer">The vocabulary.</param>
/// <param name="longestSpan">Tokens of a span at most.</param>
/// <param name="longestSentence">Tokens of a sentence at most.</param>
public sealed class SalientSentences(Tokenizer tokenizer, int longestSpan, int longestSentence)
{
    /// <summary>The sentences of a document.</summary>
    /// <param name="document">Its tokens.</param>
    public DocumentSentences Of(ReadOnlySpan<int> document)
    {
        var sentences = new List<string>();
        var tooLong = 0;
        foreach (var sentence in Sentences.Split(tokenizer.Decode(document)))
        {
            var tokens = tokenizer.Encode(sentence);
            if (tokens.Length > longestSentence)
            {
                tooLong++;
            }
            else
            {
                sentences.Add(tokenizer.Decode(tokens));
            }
        }

        var salient = sentences.Zip(SalientText.FindEach(sentences), Sentence).Where(sentence => sentence.Spans.Start.Count > 0).ToList();
        return new DocumentSentences(salient, sentences.Count - salient.Count, tooLong);
    }

    private SalientSentence Sentence(string text, IReadOnlyList<SalientSpan> spans)
    {
        var (start, limit) = SpanOffsets.Of(
            text, [.. spans.Where(span => tokenizer.Encode(text[span.Start..span.End]).Length <= longestSpan).Select(span => (span.Start, span.End))]);
        return new SalientSentence(text, new ByteSpans(start, limit));
    }
}
