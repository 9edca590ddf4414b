using System.Collections;
using System.Runtime.CompilerServices;

namespace Orchestrator.Core.Specs;

/// <summary>A list in a spec. Two are equal where their elements are, in order.</summary>
/// <typeparam name="T">Text, or the record of a section.</typeparam>
[CollectionBuilder(typeof(SpecList), nameof(SpecList.Of))]
public sealed class SpecList<T> : IReadOnlyList<T>, IEquatable<SpecList<T>>
    where T : notnull
{
    private readonly T[] _items;

    /// <summary>A list of these elements, which are copied.</summary>
    public SpecList(IEnumerable items) => _items = [.. items.Cast<T>()];

    /// <inheritdoc/>
    public int Count => _items.Length;

    /// <inheritdoc/>
    public T this[int index] => _items[index];

    /// <inheritdoc/>
    public bool Equals(SpecList<T>? other) => other is not null && _items.AsSpan().SequenceEqual(other._items);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SpecList<T>);

    /// <inheritdoc/>
    public override int GetHashCode() => _items.Aggregate(_items.Length, HashCode.Combine);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => _items.AsEnumerable().GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Makes lists from collection expressions.</summary>
public static class SpecList
{
    /// <summary>A list of these elements.</summary>
    public static SpecList<T> Of<T>(ReadOnlySpan<T> items)
        where T : notnull => new(items.ToArray());
}
