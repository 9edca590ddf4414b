using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Utils;

/// <summary>A dictionary that keeps the order in which its keys came.</summary>
public class OrderedDict<TKey, TValue> : IEnumerable<(TKey, TValue)> where TKey : notnull
{
    private readonly List<(TKey Key, TValue Value)> _entries = [];

    public int Count => _entries.Count;

    public ICollection<TValue> Values => _entries.ConvertAll(entry => entry.Value);

    public ICollection<TKey> Keys => _entries.ConvertAll(entry => entry.Key);

    public TValue this[TKey key]
    {
        get => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"There is no '{key}'.");
        set
        {
            var at = Find(key);
            if (at < 0)
            {
                _entries.Add((key, value));
            }
            else
            {
                _entries[at] = (key, value);
            }
        }
    }

    public void Add(TKey key, TValue value)
    {
        if (!TryAdd(key, value))
        {
            throw new ArgumentException($"An item with the key '{key}' was added before.");
        }
    }

    internal bool TryAdd(TKey key, TValue value)
    {
        if (ContainsKey(key))
        {
            return false;
        }

        _entries.Add((key, value));
        return true;
    }

    public bool ContainsKey(TKey key) => Find(key) >= 0;

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var at = Find(key);
        value = at < 0 ? default : _entries[at].Value;
        return at >= 0;
    }

    public bool Remove(TKey key)
    {
        var at = Find(key);
        if (at >= 0)
        {
            _entries.RemoveAt(at);
        }

        return at >= 0;
    }

    public void clear() => _entries.Clear();

    public IEnumerator<(TKey, TValue)> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Find(TKey key) => _entries.FindIndex(entry => entry.Key.Equals(key));
}
