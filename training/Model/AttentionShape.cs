namespace Orchestrator.Training.Model;

/// <summary>Sizes of one attention and what its queries may see.</summary>
/// <param name="Batch">B, batch items.</param>
/// <param name="Heads">H, heads; they lie side by side in a row of the result.</param>
/// <param name="Queries">Q, queries of a batch item.</param>
/// <param name="Keys">K, keys of a batch item.</param>
/// <param name="Width">E, width of one head.</param>
/// <param name="Causal">Whether query i sees the keys 0 to i + Offset only.</param>
/// <param name="Offset">Position of the first query.</param>
/// <param name="Scale">Factor of q k'; T5's is 1, the others' 1/sqrt(E).</param>
internal readonly record struct AttentionShape(
    int Batch, int Heads, int Queries, int Keys, int Width, bool Causal, int Offset, float Scale = 1f)
{
    /// <summary>H x E.</summary>
    public int Inner => Heads * Width;

    /// <summary>Number of distances between a key and a query, Q + K - 1.</summary>
    public int Distances => Queries + Keys - 1;

    /// <summary>The distance (key minus query position) of the bias's first entry.</summary>
    public int FirstDistance => -(Queries - 1) - Offset;
}
