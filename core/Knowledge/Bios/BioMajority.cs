using System.Text.Json.Serialization;

namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>What guessing achieves on the people held out: always the value that is most frequent among those trained on. Percent.</summary>
/// <param name="BirthDate">Of the birth date.</param>
/// <param name="BirthCity">Of the city of birth.</param>
/// <param name="University">Of the university.</param>
/// <param name="Major">Of the major.</param>
/// <param name="Employer">Of the employer.</param>
/// <param name="CompanyCity">Of the employer's city.</param>
public sealed record BioMajority(double BirthDate, double BirthCity, double University, double Major, double Employer, double CompanyCity)
{
    /// <summary>Mean over the attributes other than the birth date.</summary>
    [JsonInclude]
    public double MeanOfFive => (BirthCity + University + Major + Employer + CompanyCity) / 5;

    /// <summary>The baseline of a population.</summary>
    public static BioMajority Of(IReadOnlyList<BioPerson> people)
    {
        var (trained, heldOut) = (people.Where(person => person.Trained).ToArray(), people.Where(person => !person.Trained).ToArray());
        var accuracies = BioAttributes.All.Select(attribute =>
        {
            var guess = trained.GroupBy(person => person[attribute], StringComparer.Ordinal)
                .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).FirstOrDefault()?.Key;
            return heldOut.Length == 0 ? 0.0 : 100.0 * heldOut.Count(person => person[attribute] == guess) / heldOut.Length;
        }).ToArray();
        return new BioMajority(accuracies[0], accuracies[1], accuracies[2], accuracies[3], accuracies[4], accuracies[5]);
    }
}
