using System.Globalization;

namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>How many names and values of each kind a population draws from; null: all that the list has.</summary>
/// <param name="First">First names.</param>
/// <param name="Middle">Middle names.</param>
/// <param name="Last">Last names.</param>
/// <param name="City">Cities of birth.</param>
/// <param name="University">Universities.</param>
/// <param name="Major">Majors.</param>
/// <param name="Company">Companies.</param>
/// <param name="CompanyCity">Cities of companies: the companies are then spread over so many as evenly as the list allows.</param>
public sealed record BioSizes(
    int? First = null, int? Middle = null, int? Last = null, int? City = null, int? University = null, int? Major = null, int? Company = null, int? CompanyCity = null)
{
    /// <summary>Reads <c>first=100,city=50</c>.</summary>
    /// <exception cref="BadInputException">A kind is unknown or given twice, or a number is below 1.</exception>
    public static BioSizes Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var sizes = new BioSizes();
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (kind, number) = part.Split('=', 2, StringSplitOptions.TrimEntries) is [var name, var value] ? (name, value) : (part, "");
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size < 1 || !given.Add(kind))
            {
                throw new BadInputException($"values: '{part}' is not KIND=N with N at least 1 and each kind once; write first=100,city=50.");
            }

            sizes = kind switch
            {
                "first" => sizes with { First = size },
                "middle" => sizes with { Middle = size },
                "last" => sizes with { Last = size },
                "city" => sizes with { City = size },
                "university" => sizes with { University = size },
                "major" => sizes with { Major = size },
                "company" => sizes with { Company = size },
                "company_city" => sizes with { CompanyCity = size },
                _ => throw new BadInputException($"values: there is no kind '{kind}'; choose from first, middle, last, city, university, major, company and company_city."),
            };
        }

        return sizes;
    }
}
