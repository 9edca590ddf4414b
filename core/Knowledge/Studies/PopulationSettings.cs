using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>A population: how many people, and how many different values each list has.</summary>
public sealed record PopulationSettings
{
    /// <summary>People, celebrities not counted.</summary>
    [AllowedRange(2, 100_000_000)]
    public long People { get; init; } = 100_000;

    /// <summary>Celebrities beside them, each told of in five permuted biographies; questions are then trained on them alone.</summary>
    [AllowedRange(0, 100_000_000)]
    public long Celebrities { get; init; }

    /// <summary>First names that are drawn from, the first of the list; null: all that there are, here and below.</summary>
    [AllowedRange(1, 1_000_000)]
    public int? FirstNames { get; init; }

    /// <summary>Middle names.</summary>
    [AllowedRange(1, 1_000_000)]
    public int? MiddleNames { get; init; }

    /// <summary>Last names.</summary>
    [AllowedRange(1, 1_000_000)]
    public int? LastNames { get; init; }

    /// <summary>Cities of birth.</summary>
    [AllowedRange(1, 1_000_000)]
    public int? Cities { get; init; }

    /// <summary>Universities.</summary>
    [AllowedRange(1, 1_000_000)]
    public int? Universities { get; init; }

    /// <summary>Majors.</summary>
    [AllowedRange(1, 1_000_000)]
    public int? Majors { get; init; }

    /// <summary>Companies.</summary>
    [AllowedRange(1, 1_000_000)]
    public int? Companies { get; init; }

    /// <summary>Cities of companies, over which they are spread.</summary>
    [AllowedRange(1, 1_000_000)]
    public int? CompanyCities { get; init; }

    /// <summary>Sentences of an attribute that are drawn from.</summary>
    [AllowedRange(1, 1_000_000)]
    public int? Templates { get; init; }

    /// <summary>A folder of lists of names and values; empty: the product's own.</summary>
    [FilePath]
    public string Lists { get; init; } = "";

    /// <summary>The population of a seed.</summary>
    /// <exception cref="BadInputException">A list is missing or too short.</exception>
    public BioPopulation Draw(long seed)
    {
        var lists = Lists.Length > 0 ? BioLists.FromFolder(Lists) : BioLists.Standard;
        return new BioPopulation(seed, People, Celebrities, lists.Cut(new BioSizes(FirstNames, MiddleNames, LastNames, Cities, Universities, Majors, Companies, CompanyCities)));
    }
}
