using System.Text.Json;

namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>Reads a folder that <see cref="BioDataset"/> wrote.</summary>
public static class BioReader
{
    /// <summary>Everyone, in order: a person's index is their place.</summary>
    /// <exception cref="BadInputException">The file is missing or has a bad line, which the message locates.</exception>
    public static IReadOnlyList<BioPerson> People(string folder)
    {
        var people = Lines(folder, BioFiles.People, (json, number) =>
        {
            var index = json.GetProperty("person").GetInt64();
            return index == number - 1
                ? new BioPerson(
                    index, Text(json, "name"), Text(json, "pronoun"), [.. BioAttributes.All.Select(attribute => Text(json, attribute.Name()))],
                    json.GetProperty("celebrity").GetBoolean(), json.GetProperty("trained").GetBoolean())
                : throw new FormatException($"person is {index}, and people are numbered from 0");
        }).ToList();
        return people.Count > 0 ? people : throw new BadInputException($"data: {Path.Combine(folder, BioFiles.People)} is empty; write the data with 'orchestrator study bios generate'.");
    }

    /// <summary>The biographies in the order of the file.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="people">Its people.</param>
    /// <exception cref="BadInputException">The file is missing or has a bad line, which the message locates.</exception>
    public static IEnumerable<Biography> Biographies(string folder, IReadOnlyList<BioPerson> people) => Lines(folder, BioFiles.Biographies, (json, _) =>
    {
        var person = json.GetProperty("person").GetInt32();
        if (person < 0 || person >= people.Count)
        {
            throw new FormatException($"person is {person}, and there are {people.Count}");
        }

        var (text, places) = (Text(json, "text"), json.GetProperty("places"));
        var at = BioAttributes.All.Select(attribute => places.GetProperty(attribute.Name()).GetInt32()).ToArray();
        foreach (var attribute in BioAttributes.All)
        {
            var (place, value) = (at[(int)attribute], people[person][attribute]);
            if (place < 0 || place + value.Length > text.Length || string.CompareOrdinal(text, place, value, 0, value.Length) != 0)
            {
                throw new FormatException($"places.{attribute.Name()} is {place}, and '{value}' is not there");
            }
        }

        return new Biography(people[person], json.GetProperty("copy").GetInt32(), text, [.. BioAttributes.All.OrderBy(attribute => at[(int)attribute])], at);
    });

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new FormatException($"{name} is null");

    private static IEnumerable<T> Lines<T>(string folder, string name, Func<JsonElement, long, T> parse)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            throw new BadInputException($"data: there is no {path}; write the data with 'orchestrator study bios generate'.");
        }

        var number = 0L;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            yield return Parse(path, line, number, parse);
        }
    }

    private static T Parse<T>(string path, string line, long number, Func<JsonElement, long, T> parse)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return parse(json.RootElement, number);
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new BadInputException($"{path}:{number}: {error.Message.TrimEnd('.')}; write the data again with 'orchestrator study bios generate'.", error);
        }
    }
}
