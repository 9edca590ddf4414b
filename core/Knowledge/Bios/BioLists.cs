namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>Where names and attributes are drawn from.</summary>
/// <remarks>
/// The product's own lists have the paper's sizes. A folder may hold others, a value a line: first-names.txt, middle-names.txt,
/// last-names.txt, cities.txt, universities.txt, majors.txt, companies.txt (<c>company; its city</c>), or the published names of those files.
/// </remarks>
public sealed record BioLists
{
    private BioLists(Func<string, string, IReadOnlyList<string>> read)
    {
        FirstNames = read("first-names", "first_name");
        MiddleNames = read("middle-names", "middle_name");
        LastNames = read("last-names", "last_name");
        Cities = read("cities", "city");
        Universities = read("universities", "university");
        Majors = read("majors", "field");
        Companies = [.. read("companies", "company").Select(Company)];
    }

    /// <summary>The product's own: 400 x 400 x 1000 names, 200 cities, 300 universities, 100 majors, 263 companies, 36 of them in the largest city.</summary>
    public static BioLists Standard { get; } = new((name, _) => Lines(Resource($"bios.lists.{name}.txt")));

    /// <summary>First names.</summary>
    public IReadOnlyList<string> FirstNames { get; init; }

    /// <summary>Middle names.</summary>
    public IReadOnlyList<string> MiddleNames { get; init; }

    /// <summary>Last names.</summary>
    public IReadOnlyList<string> LastNames { get; init; }

    /// <summary>Cities of birth.</summary>
    public IReadOnlyList<string> Cities { get; init; }

    /// <summary>Universities.</summary>
    public IReadOnlyList<string> Universities { get; init; }

    /// <summary>Majors.</summary>
    public IReadOnlyList<string> Majors { get; init; }

    /// <summary>Companies, each with its city.</summary>
    public IReadOnlyList<(string Name, string City)> Companies { get; init; }

    /// <summary>How many people can have names of their own.</summary>
    public long NameCount => (long)FirstNames.Count * MiddleNames.Count * LastNames.Count;

    /// <summary>Reads lists of a folder.</summary>
    /// <exception cref="BadInputException">One is missing, empty, or names a value twice.</exception>
    public static BioLists FromFolder(string folder) => new((name, published) =>
    {
        var path = new[] { name, published }.Select(stem => Path.Combine(folder, stem + ".txt")).FirstOrDefault(File.Exists)
            ?? throw new BadInputException($"lists: the folder '{folder}' has neither {name}.txt nor {published}.txt; add it, a value a line.");
        using var reader = new StreamReader(path);
        var values = Lines(reader);
        var twice = values.GroupBy(value => value, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key;
        return (values.Count, twice) switch
        {
            (0, _) => throw new BadInputException($"lists: '{path}' is empty; a list needs a value a line."),
            (_, not null) => throw new BadInputException($"lists: '{path}' has '{twice}' twice; values must differ."),
            _ => values,
        };
    });

    /// <summary>The same lists, cut to their first values.</summary>
    /// <exception cref="BadInputException">A list has fewer.</exception>
    public BioLists Cut(BioSizes sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        return this with
        {
            FirstNames = First(FirstNames, sizes.First, "first"),
            MiddleNames = First(MiddleNames, sizes.Middle, "middle"),
            LastNames = First(LastNames, sizes.Last, "last"),
            Cities = First(Cities, sizes.City, "city"),
            Universities = First(Universities, sizes.University, "university"),
            Majors = First(Majors, sizes.Major, "major"),
            Companies = First(Spread(sizes.CompanyCity), sizes.Company, "company"),
        };
    }

    /// <summary>A text file that is part of this assembly.</summary>
    internal static StreamReader Resource(string name) =>
        new(typeof(BioLists).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The resource {name} is missing."));

    /// <summary>Its lines that are not empty, without surrounding space.</summary>
    internal static IReadOnlyList<string> Lines(StreamReader reader)
    {
        using (reader)
        {
            return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        }
    }

    // The companies of the first cities: one of each city, then a second of each that has two, and so on.
    private IReadOnlyList<(string Name, string City)> Spread(int? cities)
    {
        if (cities is null)
        {
            return Companies;
        }

        var kept = First([.. Companies.Select(company => company.City).Distinct(StringComparer.Ordinal)], cities, "company_city");
        return
        [
            .. kept.SelectMany((city, place) => Companies.Where(company => company.City == city).Select((company, turn) => (Turn: turn, Place: place, Company: company)))
                .OrderBy(one => one.Turn).ThenBy(one => one.Place).Select(one => one.Company),
        ];
    }

    private static IReadOnlyList<T> First<T>(IReadOnlyList<T> values, int? size, string kind) => size is not { } wanted
        ? values
        : wanted <= values.Count
            ? [.. values.Take(wanted)]
            : throw new BadInputException($"values: {wanted} of {kind} were asked for and there are {values.Count}; ask for at most that many, or give longer lists with --lists.");

    private static (string Name, string City) Company(string line) => line.Split(';', StringSplitOptions.TrimEntries) switch
    {
        [{ Length: > 0 } name, { Length: > 0 } city] => (name, city),
        _ => throw new BadInputException($"lists: the company '{line}' is not of the form 'company; its city'."),
    };
}
