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

    /// <summary>The same lists, cut to their first values; a size above the list's leaves it whole.</summary>
    public BioLists Cut(int firstNames, int middleNames, int lastNames, int cities, int universities, int majors, int companies) => this with
    {
        FirstNames = [.. FirstNames.Take(firstNames)],
        MiddleNames = [.. MiddleNames.Take(middleNames)],
        LastNames = [.. LastNames.Take(lastNames)],
        Cities = [.. Cities.Take(cities)],
        Universities = [.. Universities.Take(universities)],
        Majors = [.. Majors.Take(majors)],
        Companies = [.. Companies.Take(companies)],
    };

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

    private static (string Name, string City) Company(string line) => line.Split(';', StringSplitOptions.TrimEntries) switch
    {
        [{ Length: > 0 } name, { Length: > 0 } city] => (name, city),
        _ => throw new BadInputException($"lists: the company '{line}' is not of the form 'company; its city'."),
    };
}
