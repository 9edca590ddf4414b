using Orchestrator.Core.Data;

namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>People with names of their own and attributes drawn uniformly and independently; each a function of (seed, index).</summary>
/// <remarks>Allen-Zhu and Li 2023, section 2.1. The employer's city alone is not drawn: it goes with the employer.</remarks>
public sealed class BioPopulation
{
    private const int FirstYear = 1900, Years = 200, Months = 12, Days = 28;

    private static readonly string[] s_months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    /// <summary>The pronouns, each as likely as another.</summary>
    internal static IReadOnlyList<string> Pronouns { get; } = ["He", "She", "They"];

    /// <summary>What dates are made of: the months, the days with their comma, the years.</summary>
    internal static IEnumerable<string> DatePhrases =>
        s_months.Concat(Enumerable.Range(1, Days).Select(day => $"{day},")).Concat(Enumerable.Range(FirstYear, Years).Select(year => $"{year}"));

    private readonly BioLists _lists;
    private readonly ulong _seed;
    private readonly SampleOrder _names;
    private readonly SampleOrder _halves;

    /// <summary>A population.</summary>
    /// <param name="seed">Its seed.</param>
    /// <param name="people">How many there are, celebrities not counted.</param>
    /// <param name="celebrities">How many celebrities there are beside them.</param>
    /// <param name="lists">Names and values.</param>
    /// <exception cref="BadInputException">There are fewer names than people.</exception>
    public BioPopulation(long seed, long people, long celebrities, BioLists lists)
    {
        ArgumentNullException.ThrowIfNull(lists);
        ArgumentOutOfRangeException.ThrowIfLessThan(people, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(celebrities);
        if (people + celebrities > lists.NameCount)
        {
            throw new BadInputException(
                $"people: the lists make {lists.NameCount} different names and {people + celebrities} people need one each; ask for fewer people or give longer lists.");
        }

        Seed = seed;
        People = people;
        Celebrities = celebrities;
        _lists = lists;
        _seed = SeededRandom.Combine(0x42494F53, unchecked((ulong)seed));
        _names = new SampleOrder(seed, lists.NameCount);
        _halves = new SampleOrder(seed, people);
    }

    /// <summary>The seed.</summary>
    public long Seed { get; }

    /// <summary>People who are no celebrities; the first indices are theirs.</summary>
    public long People { get; }

    /// <summary>Celebrities.</summary>
    public long Celebrities { get; }

    /// <summary>Everyone.</summary>
    public long Count => People + Celebrities;

    /// <summary>Names and values.</summary>
    public BioLists Lists => _lists;

    /// <summary>How many values an attribute of its own can have; the employer's city has none of its own.</summary>
    /// <param name="attribute">The attribute.</param>
    public long ValuesOf(BioAttribute attribute) => attribute switch
    {
        BioAttribute.BirthDate => Years * Months * Days,
        BioAttribute.BirthCity => _lists.Cities.Count,
        BioAttribute.University => _lists.Universities.Count,
        BioAttribute.Major => _lists.Majors.Count,
        BioAttribute.Employer => _lists.Companies.Count,
        _ => 1,
    };

    /// <summary>Everyone, in order.</summary>
    public IEnumerable<BioPerson> All
    {
        get
        {
            for (long i = 0; i < Count; i++)
            {
                yield return this[i];
            }
        }
    }

    /// <summary>The person of an index.</summary>
    /// <remarks>Questions are trained on half of the people; where there are celebrities, on all of them and nobody else (section 4.3).</remarks>
    public BioPerson this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            var random = new SeededRandom(_seed, (ulong)index);
            var date = random.Below(Years * Months * Days);
            var company = Draw(_lists.Companies, ref random);
            string[] values =
            [
                $"{s_months[date / Days % Months]} {(date % Days) + 1}, {FirstYear + (date / (Days * Months))}",
                Draw(_lists.Cities, ref random),
                Draw(_lists.Universities, ref random),
                Draw(_lists.Majors, ref random),
                company.Name,
                company.City,
            ];
            var celebrity = index >= People;
            var trained = Celebrities > 0 ? celebrity : _halves.At(0, index) < People / 2;
            return new BioPerson(index, Name(index), Draw(Pronouns, ref random), values, celebrity, trained);
        }
    }

    private string Name(long index)
    {
        var (rest, last) = Math.DivRem(_names.At(0, index), _lists.LastNames.Count);
        var (first, middle) = Math.DivRem(rest, _lists.MiddleNames.Count);
        return $"{_lists.FirstNames[(int)first]} {_lists.MiddleNames[(int)middle]} {_lists.LastNames[(int)last]}";
    }

    private static T Draw<T>(IReadOnlyList<T> values, ref SeededRandom random) => values[(int)random.Below((ulong)values.Count)];
}
