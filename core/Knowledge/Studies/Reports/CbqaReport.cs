using System.Globalization;
using System.Text;
using Orchestrator.Core.Knowledge.ClosedBook;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>The report of published models made again.</summary>
public sealed class CbqaReport : IStudyReport
{
    private static readonly StageKind[] s_stages = [StageKind.Import, StageKind.Pretrain, StageKind.Spans, StageKind.Continue, StageKind.Finetune, StageKind.Evaluate];

    private readonly IReadOnlyList<CbqaResult> _results;
    private readonly Func<StageRecord, string?>? _spec;

    /// <summary>A report.</summary>
    /// <param name="results">The results, at least one.</param>
    /// <param name="spec">The spec of a stage that is a run, where it is at hand; null: none is.</param>
    public CbqaReport(IReadOnlyList<CbqaResult> results, Func<StageRecord, string?>? spec = null)
    {
        _results = [.. results.OrderBy(result => Place(ClosedBookRecipes.Datasets, result.Arm)).ThenBy(result => Place(ClosedBookRecipes.Sizes, result.Model)).ThenBy(result => result.Salient).ThenByDescending(result => result.Scale).ThenBy(result => result.Seed)];
        _spec = spec;
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Summary => new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["scores"] = _results.ToDictionary(result => result.Name, result => result.Metrics, StringComparer.Ordinal),
        ["published"] = _results.ToDictionary(result => result.Name, Published, StringComparer.Ordinal),
        ["unlike"] = _results.Where(result => result.Unlike.Count > 0).ToDictionary(result => result.Name, result => result.Unlike, StringComparer.Ordinal),
    };

    /// <inheritdoc/>
    public IEnumerable<string> Lines() => _results.Select(result =>
        $"{Label(result),-28} {string.Join("  ", result.Scores.Select(score => FormattableString.Invariant($"{score.Key} {score.Value:0.0}")))}  of {result.Questions} questions{Beside(result)}");

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Files()
    {
        var figure = Figure();
        return new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["index.html"] = Page(figure),
            ["results.csv"] = Results(),
            [figure.File + ".svg"] = figure.Whole().File(),
        };
    }

    private string Page(StudyFigure figure) => new ReportPage(
        "Closed-book question answering",
        "After Roberts, Raffel and Shazeer, “How Much Knowledge Can You Pack Into the Parameters of a Language Model?” (<a href=\"https://arxiv.org/abs/2002.08910\">arXiv:2002.08910</a>).",
        [.. _results.Select(result => (result.Scores[0].Value.ToString("0.0", CultureInfo.InvariantCulture), $"{Label(result)}, {result.Scores[0].Key}"))],
        _results.Any(result => result.Unlike.Count > 0) ? "Some of these are no numbers to hold beside the paper's; the table says which, and why." : null,
        [figure],
        [
            ("Scores", Scores()),
            .. _results.SelectMany(result => result.Notes).Distinct(StringComparer.Ordinal).ToList() is { Count: > 0 } notes
                ? [("What there is to know of the files", $"<ul>\n{string.Concat(notes.Select(note => $"<li>{Svg.Escape(note)}</li>\n"))}</ul>\n")]
                : Array.Empty<(string, string)>(),
            ("What each number came from", ReportTables.Origins(_results, _spec)),
        ]).Html();

    // A plot a data set that was asked about; weights that were not written down have no place on it.
    private StudyFigure Figure() => new(
        "sizes",
        "What a model knows, by its size",
        "Percent answered exactly against the weights of the model: these models, each over its seeds, and those of the paper's Table 1, of which the largest of either family has a score after salient spans.",
        [
            .. _results.GroupBy(result => result.Arm).Select(results => SizePlot.Of(
                $"{PublishedClosedBook.Questions(results.Key)}, {results.First().Scores[0].Key}, %",
                [
                    .. PublishedLines.Of(row => row.Score(results.Key), (0, 4, 3, 5), "the paper's "),
                    .. results.GroupBy(result => (result.Salient, IsUnlike: result.Unlike.Count > 0)).OrderBy(line => line.Key).Select(line => Ours([.. line], line.Key.Salient, line.Key.IsUnlike)).OfType<SizeLine>(),
                ])),
        ]);

    private static SizeLine? Ours(IReadOnlyList<CbqaResult> results, bool salient, bool isUnlike)
    {
        var sizes = results.Where(result => result.Parameters > 0).GroupBy(result => (result.Parameters, result.Model, result.Scale)).OrderBy(size => size.Key).ToList();
        return sizes.Count == 0 ? null : new SizeLine(
            $"these models{(salient ? " + salient spans" : "")}{(isUnlike ? ", not to hold beside the paper's" : "")}",
            (salient, isUnlike) switch { (false, false) => 1, (true, false) => 2, (false, true) => 6, _ => 7 },
            [.. sizes.Select(size => ((double)size.Key.Parameters, size.Key.Model, Spread.Of(size.Select(result => result.Scores[0].Value))))]);
    }

    private string Scores()
    {
        var text = new StringBuilder("<table>\n<thead><tr><th>Model</th><th>Seed</th><th>Scale</th><th class=\"text\">Questions of</th><th>Asked</th><th class=\"text\">Metric</th><th>Score</th><th>Published</th><th class=\"text\">Why nothing is held beside it</th></tr></thead>\n<tbody>\n");
        foreach (var result in _results)
        {
            foreach (var (place, score) in result.Scores.Index())
            {
                text.Append(CultureInfo.InvariantCulture, $"<tr><td>{Svg.Escape(Label(result))}</td><td>{result.Seed}</td><td>{result.Scale}</td><td class=\"text\">{PublishedClosedBook.Questions(result.Arm)}</td><td>{result.Questions}</td>");
                text.Append(CultureInfo.InvariantCulture, $"<td class=\"text\">{score.Key}</td><td>{score.Value:0.00}</td><td>{(place == 0 ? Published(result) : null):0.0}</td><td class=\"text why\">{(place == 0 ? Svg.Escape(string.Join("; ", result.Unlike)) : "")}</td></tr>\n");
            }
        }

        return text.Append("</tbody>\n</table>\n").ToString();
    }

    private string Results() => ReportTables.Csv(
        [
            "dataset", "size", "seed", "salient", "scale", "held_out", "parameters", "questions", "metric", "score", "published", "published_of", "unlike_the_published",
            .. s_stages.SelectMany(stage => new[] { "stage_digest", "seconds", "steps", "loss", "spec_digest", "weights_digest" }.Take(StudyStage.IsRunOf(stage) ? 6 : 2).Select(what => $"{StudyStage.Word(stage)}_{what}")),
        ],
        _results.SelectMany(result => result.Scores.Select((score, place) => (IEnumerable<object?>)
        [
            result.Arm, result.Model, result.Seed, result.Salient ? "yes" : "no", result.Scale, result.HeldOut, result.Parameters > 0 ? result.Parameters : null, result.Questions,
            score.Key, score.Value, place == 0 ? Published(result) : null, PublishedClosedBook.Questions(result.Arm), string.Join("; ", result.Unlike),
            .. s_stages.SelectMany(kind => Origin(kind, result.Stages.FirstOrDefault(stage => stage.Kind == kind))),
        ])));

    private static IEnumerable<object?> Origin(StageKind kind, StageRecord? stage) =>
        new object?[] { stage?.Digest, stage?.Seconds, stage?.Steps, stage?.Loss, stage?.SpecDigest, stage?.WeightsDigest }.Take(StudyStage.IsRunOf(kind) ? 6 : 2);

    private static int Place(IReadOnlyList<string> names, string name) => names.TakeWhile(one => one != name).Count();

    private static string Label(CbqaResult result) => $"{result.Model} {result.Arm}{(result.Salient ? " + salient spans" : "")}";

    private static string Beside(CbqaResult result) => Published(result) is { } published
        ? FormattableString.Invariant($"  published {published:0.0} ({PublishedClosedBook.Questions(result.Arm)})")
        : result.Unlike.Count > 0 ? $"  (not to hold beside the paper's: {string.Join("; ", result.Unlike)})" : "";

    private static double? Published(CbqaResult result) =>
        result.Unlike.Count > 0 ? null : PublishedClosedBook.Find(result.Model, result.Salient)?.Score(result.Arm);
}
