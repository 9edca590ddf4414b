using System.Text.Json;

namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>How much there is to know of a population: <c>population.json</c>.</summary>
/// <param name="People">People, celebrities not counted.</param>
/// <param name="Celebrities">Celebrities.</param>
/// <param name="Seed">The population's seed.</param>
/// <param name="Variant">How they are told of.</param>
/// <param name="Names">N0: names that a person could have.</param>
/// <param name="Pronouns">Pronouns that a person could have.</param>
/// <param name="Values">By attribute that is drawn: values that it could have.</param>
public sealed record BioFacts(long People, long Celebrities, long Seed, string Variant, long Names, int Pronouns, IReadOnlyDictionary<string, long> Values)
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>The facts of a population.</summary>
    public static BioFacts Of(BioPopulation population, BioVariant variant)
    {
        ArgumentNullException.ThrowIfNull(population);
        ArgumentNullException.ThrowIfNull(variant);
        var values = BioAttributes.All.Where(attribute => attribute != BioAttribute.CompanyCity).ToDictionary(attribute => attribute.Name(), population.ValuesOf);
        return new BioFacts(
            population.People, population.Celebrities, population.Seed, variant.ToString(), population.Lists.NameCount, BioPopulation.Pronouns.Count, values);
    }

    /// <summary>The facts of a folder.</summary>
    /// <exception cref="BadInputException">There are none, or they cannot be read.</exception>
    public static BioFacts Read(string folder)
    {
        var path = Path.Combine(folder, BioFiles.Population);
        try
        {
            return JsonSerializer.Deserialize<BioFacts>(File.ReadAllBytes(path), s_json) ?? throw new JsonException("it is empty");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new BadInputException($"bios: '{path}' cannot be read ({error.Message}); name a folder of 'orchestrator study bios generate'.", error);
        }
    }

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, s_json), (byte)'\n'];
}
