namespace Orchestrator.Training.Data.Objectives;

/// <summary>The finder of salient spans that the product uses: the one place that names it.</summary>
public static class SpanFinders
{
    /// <summary>A finder over a vocabulary.</summary>
    public static ISpanFinder Of(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return new SalientSpanFinder([.. Enumerable.Range(0, tokenizer.PieceCount).Select(tokenizer.Piece)]);
    }
}
