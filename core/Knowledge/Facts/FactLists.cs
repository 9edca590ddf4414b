using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Core.Knowledge.Facts;

/// <summary>What names and values are made of; the names of persons are those of <see cref="BioLists.Standard"/>.</summary>
internal static class FactLists
{
    /// <summary>First names.</summary>
    public static IReadOnlyList<string> FirstNames => BioLists.Standard.FirstNames;

    /// <summary>Last names.</summary>
    public static IReadOnlyList<string> LastNames => BioLists.Standard.LastNames;

    /// <summary>Names of towns, a stem and an ending each.</summary>
    public static IReadOnlyList<string> Towns { get; } =
        [.. Read("place-stems").SelectMany(_ => Read("place-endings"), (stem, ending) => stem + ending).Distinct(StringComparer.Ordinal)];

    /// <summary>Rivers, with the word River.</summary>
    public static IReadOnlyList<string> Rivers { get; } = Read("rivers");

    /// <summary>Professions, without an article.</summary>
    public static IReadOnlyList<string> Professions { get; } = Read("professions");

    /// <summary>What titles begin with, after The.</summary>
    public static IReadOnlyList<string> WorkOpenings { get; } = Read("work-openings");

    /// <summary>What titles tell of.</summary>
    public static IReadOnlyList<string> WorkNouns { get; } = Read("work-nouns");

    /// <summary>What companies make.</summary>
    public static IReadOnlyList<string> Trades { get; } = Read("trades");

    private static IReadOnlyList<string> Read(string name) => BioLists.Lines(BioLists.Resource($"facts.lists.{name}.txt"));
}
