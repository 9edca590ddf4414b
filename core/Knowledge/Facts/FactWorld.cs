using Orchestrator.Core.Data;

namespace Orchestrator.Core.Knowledge.Facts;

/// <summary>People, towns, novels and companies with names of their own, and facts that link them; each a function of (seed, kind, index).</summary>
/// <remarks>There is a novel for every four people and a company for every town. Half of each kind is trained on in questions.</remarks>
public sealed class FactWorld
{
    private const ulong NameStream = 0x464E414D, HalfStream = 0x4648414C, FactStream = 0x46464143;
    private const int FirstYear = 1700, Years = 300, PeopleToWork = 4;

    private static readonly string[] s_months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    private readonly SampleOrder[] _names;
    private readonly SampleOrder[] _halves;

    /// <summary>A world.</summary>
    /// <param name="seed">Its seed.</param>
    /// <param name="people">People, at least 4.</param>
    /// <param name="places">Towns, at least 2.</param>
    /// <exception cref="BadInputException">There are too few, or fewer names than entities.</exception>
    public FactWorld(long seed, long people, long places)
    {
        Seed = seed;
        Require("--people", people, 2 * PeopleToWork, Names(FactKind.Person));
        Require("--places", places, 2, Names(FactKind.Place));
        (People, Places) = (people, places);
        _names = [.. Kinds.Select(kind => new SampleOrder(Stream(NameStream, kind), Names(kind)))];
        _halves = [.. Kinds.Select(kind => new SampleOrder(Stream(HalfStream, kind), Count(kind)))];
    }

    /// <summary>The kinds, in the order in which their entities come.</summary>
    public static IReadOnlyList<FactKind> Kinds { get; } = Enum.GetValues<FactKind>();

    /// <summary>The seed.</summary>
    public long Seed { get; }

    /// <summary>People.</summary>
    public long People { get; }

    /// <summary>Towns.</summary>
    public long Places { get; }

    /// <summary>Every entity, kind after kind.</summary>
    public IEnumerable<FactEntity> All => Kinds.SelectMany(kind => Indices(Count(kind)).Select(index => this[kind, index]));

    /// <summary>How many entities there are of a kind.</summary>
    public long Count(FactKind kind) => kind switch
    {
        FactKind.Person => People,
        FactKind.Work => People / PeopleToWork,
        _ => Places,
    };

    /// <summary>An entity.</summary>
    public FactEntity this[FactKind kind, long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count(kind));
            var random = new SeededRandom(FactStream, (ulong)Seed, (ulong)kind, (ulong)index);
            var later = kind switch
            {
                FactKind.Person => Draw(["He", "She"], ref random),
                FactKind.Place => "The town",
                FactKind.Work => "The novel",
                _ => "The company",
            };
            Fact[] facts = kind switch
            {
                FactKind.Person =>
                [
                    new("birth_date", Date(ref random)), new("birth_place", Other(FactKind.Place, ref random)),
                    new("profession", Draw(FactLists.Professions, ref random)), new("employer", Other(FactKind.Organisation, ref random)),
                ],
                FactKind.Place => [new("founded", Year(ref random)), new("river", Draw(FactLists.Rivers, ref random)), new("mayor", Other(FactKind.Person, ref random))],
                FactKind.Work => [new("author", Other(FactKind.Person, ref random)), new("published", Year(ref random))],
                _ => [new("founder", Other(FactKind.Person, ref random)), new("seat", Other(FactKind.Place, ref random)), new("founded", Year(ref random))],
            };
            return new FactEntity(kind, index, Name(kind, index), later, facts, _halves[(int)kind].At(0, index) < Count(kind) / 2);
        }
    }

    private static long Names(FactKind kind) => kind switch
    {
        FactKind.Person => (long)FactLists.FirstNames.Count * FactLists.LastNames.Count,
        FactKind.Place => FactLists.Towns.Count,
        FactKind.Work => (long)FactLists.WorkOpenings.Count * FactLists.WorkNouns.Count * FactLists.Rivers.Count,
        _ => (long)FactLists.LastNames.Count * FactLists.Trades.Count,
    };

    // There are always names enough for companies; people are bounded so that novels have theirs.
    private static void Require(string option, long value, long least, long names)
    {
        var most = option == "--people" ? Math.Min(names, Names(FactKind.Work) * PeopleToWork) : names;
        if (value < least || value > most)
        {
            throw new BadInputException($"{option} must be from {least} to {most}, was {value}: every entity has a name of its own.");
        }
    }

    private string Name(FactKind kind, long index)
    {
        var number = _names[(int)kind].At(0, index);
        switch (kind)
        {
            case FactKind.Place:
                return FactLists.Towns[(int)number];
            case FactKind.Work:
                var (title, river) = Math.DivRem(number, FactLists.Rivers.Count);
                var (opening, noun) = Math.DivRem(title, FactLists.WorkNouns.Count);
                return $"The {FactLists.WorkOpenings[(int)opening]} {FactLists.WorkNouns[(int)noun]} of {FactLists.Rivers[(int)river]["River ".Length..]}";
            case FactKind.Organisation:
                var (owner, trade) = Math.DivRem(number, FactLists.Trades.Count);
                return $"{FactLists.LastNames[(int)owner]} {FactLists.Trades[(int)trade]} Company";
            default:
                var (first, last) = Math.DivRem(number, FactLists.LastNames.Count);
                return $"{FactLists.FirstNames[(int)first]} {FactLists.LastNames[(int)last]}";
        }
    }

    private string Other(FactKind kind, ref SeededRandom random) => Name(kind, (long)random.Below((ulong)Count(kind)));

    private static string Year(ref SeededRandom random) => $"{FirstYear + (int)random.Below(Years)}";

    private static string Date(ref SeededRandom random) => $"{Draw(s_months, ref random)} {random.Below(28) + 1}, {Year(ref random)}";

    private static string Draw(IReadOnlyList<string> values, ref SeededRandom random) => values[(int)random.Below((ulong)values.Count)];

    private long Stream(ulong purpose, FactKind kind) => unchecked((long)SeededRandom.Combine(purpose, (ulong)Seed, (ulong)kind));

    private static IEnumerable<long> Indices(long count)
    {
        for (var index = 0L; index < count; index++)
        {
            yield return index;
        }
    }
}
