using System.Text.Json;
using Orchestrator.Core.Evaluation;

namespace Orchestrator.Core.Knowledge.Facts;

/// <summary>How many questions about a world are answered.</summary>
/// <param name="Questions">Questions.</param>
/// <param name="Exact">Percent answered exactly, by SQuAD's exact match.</param>
/// <param name="Named">The same of the questions whose answer is a name or a date: all but professions, which no salient span masks.</param>
/// <param name="F1">The overlap of words, percent.</param>
/// <param name="Relations">Percent answered exactly, by kind of entity and relation: <c>person.employer</c>.</param>
public sealed record FactScores(int Questions, double Exact, double Named, double F1, SortedDictionary<string, double> Relations)
{
    private const string Profession = ".profession";

    /// <summary>Counts.</summary>
    /// <param name="questions">The file of questions that were asked, of a world.</param>
    /// <param name="predictions">The file of predictions, see <see cref="PredictionFile"/>.</param>
    /// <exception cref="BadInputException">A file cannot be read or is damaged.</exception>
    public static FactScores Of(string questions, string predictions)
    {
        string[] relations = [.. File.ReadLines(questions).Select(Relation)];
        var answered = PredictionFile.Read(predictions);
        return new FactScores(
            answered.Count,
            Score("squad", answered),
            Score("squad", [.. answered.Where(prediction => !relations[prediction.Line - 1].EndsWith(Profession, StringComparison.Ordinal))]),
            Score("f1", answered),
            new SortedDictionary<string, double>(
                answered.GroupBy(prediction => relations[prediction.Line - 1]).ToDictionary(group => group.Key, group => Score("squad", [.. group])), StringComparer.Ordinal));
    }

    private static double Score(string metric, IReadOnlyList<Prediction> answered) =>
        TextMetrics.Named(metric).Score([.. answered.Select(prediction => prediction.Text)], [.. answered.Select(prediction => prediction.Targets)]);

    private static string Relation(string line)
    {
        using var question = JsonDocument.Parse(line);
        return $"{question.RootElement.GetProperty("kind").GetString()}.{question.RootElement.GetProperty("relation").GetString()}";
    }
}
