using Orchestrator.Core.Data;

namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>A vocabulary for biographies and questions, in which a value is one token, a name three and a date three: month, day and year.</summary>
/// <remarks>It is a function of the lists and templates, so that all variants of a population share it.</remarks>
public static class BioVocabulary
{
    /// <summary>The bytes of a spiece.model.</summary>
    /// <param name="lists">Names and values.</param>
    /// <param name="writer">Whose sentences they are told in.</param>
    public static byte[] Build(BioLists lists, BiographyWriter writer)
    {
        ArgumentNullException.ThrowIfNull(lists);
        ArgumentNullException.ThrowIfNull(writer);
        var values = lists.Cities.Concat(lists.Universities).Concat(lists.Majors)
            .Concat(lists.Companies.SelectMany(company => new[] { company.Name, company.City }));
        var days = BioPopulation.DatePhrases.Where(phrase => phrase.EndsWith(',')).ToArray();
        var words = lists.FirstNames.Concat(lists.MiddleNames).Concat(lists.LastNames).Concat(BioPopulation.DatePhrases.Except(days));
        return WordVocabulary.Build(values.Concat(days), words.Concat(writer.Wordings).Concat(BioQuestion.Wordings));
    }
}
