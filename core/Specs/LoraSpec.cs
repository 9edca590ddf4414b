namespace Orchestrator.Core.Specs;

/// <summary>Low-rank adaptation (Hu et al. 2021, arXiv:2106.09685): x W' + (alpha / rank) (x A') B', of which A and B alone are trained.</summary>
public sealed record LoraSpec
{
    /// <summary>r, rows of A and columns of B.</summary>
    [AllowedRange(1, 65536)]
    public int Rank { get; init; } = 8;

    /// <summary>The update is scaled by alpha / rank.</summary>
    [AllowedRange(0, 1e6, AboveLow = true)]
    public double Alpha { get; init; } = 16;

    /// <summary>The matrices that are adapted: the ends of their names, as <c>q</c>, or patterns with <c>*</c>.</summary>
    public SpecList<string> Targets { get; init; } = ["q", "v"];

    /// <summary>Rank of an update of the tokens' embedding, and of the output layer where it is the same matrix; null: there is none.</summary>
    [AllowedRange(1, 65536)]
    public int? Embeddings { get; init; }
}
