using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>Where heads lie in a row of packed projections of queries, keys and values.</summary>
/// <param name="QueryColumn">First column of the first head's queries.</param>
/// <param name="KeyColumn">First column of the first head's keys.</param>
/// <param name="ValueColumn">First column of the first head's values.</param>
/// <param name="Stride">Columns from one head to the next.</param>
internal readonly record struct HeadLayout(int QueryColumn, int KeyColumn, int ValueColumn, int Stride)
{
    /// <summary>All queries, then all keys, then all values: T5, GPT-2, BERT.</summary>
    public static HeadLayout ByKind(int heads, int width) => new(0, heads * width, 2 * heads * width, width);

    /// <summary>Query, key and value of the first head, then those of the second: GPT-NeoX.</summary>
    public static HeadLayout ByHead(int width) => new(0, width, 2 * width, 3 * width);

    /// <summary>The keys and values [R, 2I] of packed projections [R, 3I]: a view, or a copy.</summary>
    public Tensor KeysAndValues(Tensor projected, AttentionShape shape)
    {
        if (Stride == shape.Width)
        {
            return projected.narrow(1, KeyColumn, 2L * shape.Inner);
        }

        using var heads = projected.view(projected.shape[0], shape.Heads, Stride);
        using var both = heads.narrow(2, KeyColumn, 2L * shape.Width);
        return both.reshape(projected.shape[0], 2L * shape.Inner);
    }

    /// <summary>Attention of projected queries over the keys and values of their own rows.</summary>
    public Projections OverItself(Tensor projected, AttentionShape shape) =>
        new(projected, QueryColumn, projected, KeyColumn, ValueColumn, shape.Keys, Stride, Stride);

    /// <summary>Attention of projected queries over kept <see cref="KeysAndValues"/>.</summary>
    /// <param name="projected">The queries' projections.</param>
    /// <param name="kept">Keys and values [B x capacity, 2I].</param>
    /// <param name="shape">The sizes.</param>
    public Projections OverKept(Tensor projected, Tensor kept, AttentionShape shape)
    {
        var capacity = (int)(kept.shape[0] / shape.Batch);
        return Stride == shape.Width
            ? new(projected, QueryColumn, kept, 0, shape.Inner, capacity, Stride, Stride)
            : new(projected, QueryColumn, kept, 0, shape.Width, capacity, Stride, 2 * shape.Width);
    }
}
