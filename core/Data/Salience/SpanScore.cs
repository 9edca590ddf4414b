namespace Orchestrator.Core.Data.Salience;

/// <summary>Found spans held to marked ones.</summary>
/// <param name="Marked">Spans that a person marked.</param>
/// <param name="Found">Spans that were found.</param>
/// <param name="Right">Those found that are marked, both borders the same.</param>
public readonly record struct SpanScore(int Marked, int Found, int Right)
{
    /// <summary>The share of what was found that is right; 1 where nothing was found.</summary>
    public double Precision => Found == 0 ? 1 : (double)Right / Found;

    /// <summary>The share of what is marked that was found; 1 where nothing is marked.</summary>
    public double Recall => Marked == 0 ? 1 : (double)Right / Marked;

    /// <summary>The harmonic mean of both.</summary>
    public double F1 => Marked + Found == 0 ? 1 : 2.0 * Right / (Marked + Found);

    /// <summary>The score of exact spans whatever their kind: what masking sees.</summary>
    public static SpanScore Of(IEnumerable<LabelledText> texts) => Score(texts, _ => true, span => (span.Start, span.End));

    /// <summary>The score of one kind: borders and kind are the same.</summary>
    public static SpanScore Of(IEnumerable<LabelledText> texts, SalientKind kind) => Score(texts, span => span.Kind == kind, span => (span.Start, span.End));

    /// <summary>The score of all kinds, where borders and kind are the same, as CoNLL-2003 counts.</summary>
    public static SpanScore WithKinds(IEnumerable<LabelledText> texts) => Score(texts, _ => true, span => span);

    private static SpanScore Score<T>(IEnumerable<LabelledText> texts, Func<SalientSpan, bool> counts, Func<SalientSpan, T> key)
    {
        var (marked, found, right) = (0, 0, 0);
        foreach (var text in texts)
        {
            var truth = text.Spans.Where(counts).Select(key).ToHashSet();
            var spans = SalientText.Find(text.Text).Where(counts).Select(key).ToList();
            (marked, found, right) = (marked + truth.Count, found + spans.Count, right + spans.Count(truth.Contains));
        }

        return new SpanScore(marked, found, right);
    }
}
