using System.Globalization;
using System.Text;
using Orchestrator.Core.Knowledge.ClosedBook;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>The report of published models made again.</summary>
public sealed class CbqaReport : IStudyReport
{
    private readonly IReadOnlyList<CbqaResult> _results;

    /// <summary>A report.</summary>
    /// <param name="results">The results, at least one.</param>
    public CbqaReport(IReadOnlyList<CbqaResult> results) => _results = results;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Summary => new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["scores"] = _results.ToDictionary(Label, result => result.Metrics, StringComparer.Ordinal),
        ["published"] = Published(_results[0]),
    };

    /// <inheritdoc/>
    public IEnumerable<string> Lines() => _results.Select(result =>
        $"{Label(result),-28} {string.Join("  ", result.Scores.Select(score => FormattableString.Invariant($"{score.Key} {score.Value:0.0}")))}  of {result.Questions} questions{(Published(result) is { } published ? FormattableString.Invariant($"  published {published:0.0}") : "")}");

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Files() => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["index.html"] = new ReportPage(
            "Closed-book question answering",
            "After Roberts, Raffel and Shazeer, “How Much Knowledge Can You Pack Into the Parameters of a Language Model?” (<a href=\"https://arxiv.org/abs/2002.08910\">arXiv:2002.08910</a>).",
            [.. _results.Select(result => (result.Scores[0].Value.ToString("0.0", CultureInfo.InvariantCulture), $"{Label(result)}, {result.Scores[0].Key}"))],
            _results.Any(result => result.Scale < 1) ? "Steps and batches were scaled down: these are no numbers to hold beside the paper's." : null,
            [],
            [("Scores", Scores()), ("What each number came from", ReportTables.Origins(_results))]).Html(),
        ["results.csv"] = ReportTables.Csv(
            ["dataset", "size", "seed", "salient", "scale", "questions", "metric", "score", "published"],
            _results.SelectMany(result => result.Scores.Select((score, place) => (IEnumerable<object?>)
                [result.Arm, result.Model, result.Seed, result.Salient ? "yes" : "no", result.Scale, result.Questions, score.Key, score.Value, place == 0 ? Published(result) : null]))),
    };

    private string Scores()
    {
        var text = new StringBuilder("<table>\n<thead><tr><th>Model</th><th class=\"text\">Metric</th><th>Score</th><th>Published</th><th>Questions</th><th>Scale</th></tr></thead>\n<tbody>\n");
        foreach (var result in _results)
        {
            foreach (var (place, score) in result.Scores.Index())
            {
                text.Append(CultureInfo.InvariantCulture, $"<tr><td>{Svg.Escape(Label(result))}</td><td class=\"text\">{score.Key}</td><td>{score.Value:0.00}</td><td>{(place == 0 ? Published(result) : null):0.0}</td><td>{result.Questions}</td><td>{result.Scale}</td></tr>\n");
            }
        }

        return text.Append("</tbody>\n</table>\n").ToString();
    }

    private static string Label(CbqaResult result) => $"{result.Model} {result.Arm}{(result.Salient ? " + salient spans" : "")}";

    // The paper has numbers of every size without salient spans, and of the largest with them.
    private static double? Published(CbqaResult result)
    {
        var name = result.Model.StartsWith("v1_1-", StringComparison.Ordinal) ? "T5.1.1-" + result.Model["v1_1-".Length..] : "T5-" + result.Model;
        return PublishedClosedBook.All.FirstOrDefault(row => string.Equals(row.Model, name, StringComparison.OrdinalIgnoreCase) && row.Salient == result.Salient) is not { } row
            ? null
            : ClosedBookTask.Named(result.Arm).Alias switch { "nq" => row.NaturalQuestions, "wq" => row.WebQuestions, _ => row.TriviaTest };
    }
}
