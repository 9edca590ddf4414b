using System.Collections.Frozen;

namespace Orchestrator.Core.Data.Salience;

/// <summary>The words that the finder knows: the product's own lists, embedded, entries parted by commas and line ends.</summary>
internal static class Gazetteer
{
    /// <summary>Words that never begin a name where they open a sentence: articles, pronouns, prepositions, adverbs.</summary>
    public static readonly WordSet Openers = new("openers", StringComparer.OrdinalIgnoreCase);

    /// <summary>Words that are no name of their own where they open a sentence.</summary>
    public static readonly WordSet Common = new("common", StringComparer.OrdinalIgnoreCase);

    /// <summary>Capitalised words that are no name alone: DNA, TV, Monday.</summary>
    public static readonly WordSet NoNames = new("no-names", StringComparer.Ordinal);

    /// <summary>Mr, President, Queen: before a person's name, no part of it.</summary>
    public static readonly WordSet Titles = new("titles", StringComparer.Ordinal);

    /// <summary>First names.</summary>
    public static readonly WordSet FirstNames = new("first-names", StringComparer.Ordinal);

    /// <summary>Peoples, languages and faiths: French.</summary>
    public static readonly WordSet Demonyms = new("demonyms", StringComparer.Ordinal);

    /// <summary>What a name ends in, or has before its "of", by kind: University, River, Treaty.</summary>
    public static readonly FrozenDictionary<string, SalientKind> Heads = Merge(
        ("miscellaneous-heads", SalientKind.Miscellaneous), ("place-heads", SalientKind.Place), ("organisation-heads", SalientKind.Organisation));

    /// <summary>What names of places begin with: Lake, San.</summary>
    public static readonly WordSet PlaceOpenings = new("place-openings", StringComparer.Ordinal);

    /// <summary>Names known as a whole.</summary>
    public static readonly FrozenDictionary<string, SalientKind> Names = Merge(
        ("persons", SalientKind.Person), ("miscellaneous", SalientKind.Miscellaneous), ("demonyms", SalientKind.Miscellaneous),
        ("organisations", SalientKind.Organisation), ("places", SalientKind.Place));

    private static readonly FrozenDictionary<string, SalientKind>.AlternateLookup<ReadOnlySpan<char>> s_heads = Heads.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenDictionary<string, SalientKind>.AlternateLookup<ReadOnlySpan<char>> s_names = Names.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_beginnings =
        Names.Keys.Where(name => name.Contains(' ', StringComparison.Ordinal)).Select(name => name[..name.IndexOf(' ', StringComparison.Ordinal)])
            .ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The kind of a whole name; null where it is not known.</summary>
    public static SalientKind? NameKind(ReadOnlySpan<char> name) => s_names.TryGetValue(name, out var kind) ? kind : null;

    /// <summary>The kind that a head gives; null where the word is none.</summary>
    public static SalientKind? HeadKind(ReadOnlySpan<char> word) => s_heads.TryGetValue(word, out var kind) ? kind : null;

    /// <summary>Whether a known name of several words begins with a word.</summary>
    public static bool Begins(ReadOnlySpan<char> word) => s_beginnings.Contains(word);

    /// <summary>A list's entries.</summary>
    internal static IReadOnlyList<string> Entries(string name)
    {
        var resource = $"salience.lists.{name}.txt";
        using var reader = new StreamReader(
            typeof(Gazetteer).Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"The resource {resource} is missing."));
        return reader.ReadToEnd().Split([',', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    // Of a name in two lists, the later list's kind holds.
    private static FrozenDictionary<string, SalientKind> Merge(params (string List, SalientKind Kind)[] lists) =>
        lists.SelectMany(list => Entries(list.List).Select(name => (name, list.Kind))).GroupBy(entry => entry.name, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.Last().Kind, StringComparer.Ordinal);

    /// <summary>A list of single words, looked up without a copy of the word.</summary>
    /// <param name="list">Its file.</param>
    /// <param name="comparer">How words are compared.</param>
    internal sealed class WordSet(string list, StringComparer comparer)
    {
        private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _words =
            Entries(list).ToFrozenSet(comparer).GetAlternateLookup<ReadOnlySpan<char>>();

        /// <summary>Whether it has a word.</summary>
        public bool Has(ReadOnlySpan<char> word) => _words.Contains(word);
    }
}
