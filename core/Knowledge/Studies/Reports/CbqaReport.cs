using System.Globalization;
using System.Text;

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
        ["scores"] = _results.ToDictionary(result => result.Name, result => result.Metrics, StringComparer.Ordinal),
        ["published"] = _results.ToDictionary(result => result.Name, Published, StringComparer.Ordinal),
    };

    /// <inheritdoc/>
    public IEnumerable<string> Lines() => _results.Select(result =>
        $"{Label(result),-28} {string.Join("  ", result.Scores.Select(score => FormattableString.Invariant($"{score.Key} {score.Value:0.0}")))}  of {result.Questions} questions{(Published(result) is { } published ? FormattableString.Invariant($"  published {published:0.0} ({PublishedClosedBook.Questions(result.Arm)})") : "")}");

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
            ["dataset", "size", "seed", "salient", "scale", "questions", "metric", "score", "published", "published_of"],
            _results.SelectMany(result => result.Scores.Select((score, place) => (IEnumerable<object?>)
                [result.Arm, result.Model, result.Seed, result.Salient ? "yes" : "no", result.Scale, result.Questions, score.Key, score.Value, place == 0 ? Published(result) : null, PublishedClosedBook.Questions(result.Arm)]))),
    };

    private string Scores()
    {
        var text = new StringBuilder("<table>\n<thead><tr><th>Model</th><th class=\"text\">Questions of</th><th class=\"text\">Metric</th><th>Score</th><th>Published</th><th>Questions</th><th>Scale</th></tr></thead>\n<tbody>\n");
        foreach (var result in _results)
        {
            foreach (var (place, score) in result.Scores.Index())
            {
                text.Append(CultureInfo.InvariantCulture, $"<tr><td>{Svg.Escape(Label(result))}</td><td class=\"text\">{PublishedClosedBook.Questions(result.Arm)}</td><td class=\"text\">{score.Key}</td><td>{score.Value:0.00}</td><td>{(place == 0 ? Published(result) : null):0.0}</td><td>{result.Questions}</td><td>{result.Scale}</td></tr>\n");
            }
        }

        return text.Append("</tbody>\n</table>\n").ToString();
    }

    private static string Label(CbqaResult result) => $"{result.Model} {result.Arm}{(result.Salient ? " + salient spans" : "")}";

    private static double? Published(CbqaResult result) => PublishedClosedBook.Find(result.Model, result.Salient)?.Score(result.Arm);
}
