using System.Globalization;
using System.Text;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>The report of a study of facts.</summary>
public sealed class FactReport : IStudyReport
{
    private static readonly StageKind[] s_runs = [StageKind.Pretrain, StageKind.Continue, StageKind.Finetune];

    private readonly IReadOnlyList<FactCellResult> _cells;
    private readonly IReadOnlyList<FactSummary> _arms;
    private readonly Func<StageRecord, string?>? _spec;

    /// <summary>A report.</summary>
    /// <param name="cells">The results, at least one.</param>
    /// <param name="spec">The spec of a stage that is a run, where it is at hand; null: none is.</param>
    /// <exception cref="BadInputException">There is none.</exception>
    public FactReport(IReadOnlyList<FactCellResult> cells, Func<StageRecord, string?>? spec = null)
    {
        ArgumentNullException.ThrowIfNull(cells);
        if (cells.Count == 0)
        {
            throw new BadInputException("There is no result yet; run the study with 'orchestrator study facts run PLAN.yaml'.");
        }

        _spec = spec;
        _cells = [.. cells.OrderBy(cell => cell.Parameters).ThenBy(cell => cell.Salient).ThenBy(cell => cell.Arm, StringComparer.Ordinal).ThenBy(cell => cell.Seed)];
        _arms = FactSummary.Of(_cells);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Summary => new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["exact"] = _arms.ToDictionary(arm => $"{arm.Arm}-{arm.Model}", arm => arm.Exact.Mean, StringComparer.Ordinal),
        ["gain"] = Gain?.Mean,
    };

    // What salient spans add to span corruption, over all sizes and seeds that have both.
    private Spread? Gain
    {
        get
        {
            var gains = from with in _cells
                        where with.Salient == SalientForm.Spans
                        from without in _cells
                        where without.Salient == SalientForm.None && (without.Model, without.Seed) == (with.Model, with.Seed)
                        select with.Exact - without.Exact;
            return gains.ToList() is { Count: > 0 } all ? Spread.Of(all) : null;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<string> Lines() =>
    [
        .. _arms.Select(arm => $"{arm.Label,-28} {SizePlot.Count(arm.Parameters),-8} exact {arm.Exact,-13} names and dates {arm.Named,-13} f1 {arm.F1}"),
        .. Gain is { } gain ? [$"Salient spans add {gain} points to span corruption."] : Array.Empty<string>(),
    ];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Files()
    {
        var figures = new List<StudyFigure> { Sizes(), Relations(), Published() };
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["index.html"] = Page(figures),
            ["results.csv"] = Results(),
        };
        foreach (var figure in figures)
        {
            files[figure.File + ".svg"] = figure.Whole().File();
        }

        return files;
    }

    private StudyFigure Sizes() => new(
        "sizes", "What a model knows, by its size",
        "Questions about the entities whose questions were held out, percent answered exactly (SQuAD's exact match), against the weights of the model. Dots are means over the seeds, bars their standard deviation, rings single seeds.",
        [Plot("Exact answers, %", arm => arm.Exact), Plot("Exact answers that are names or dates, %", arm => arm.Named)]);

    private Svg Plot(string title, Func<FactSummary, Spread> score) => SizePlot.Of(
        title,
        [
            .. _arms.GroupBy(arm => arm.Arm).Select((arms, place) => new SizeLine(
                $"{arms.Key}: {Told(arms.First().Salient)}", place, [.. arms.OrderBy(arm => arm.Parameters).Select(arm => ((double)arm.Parameters, arm.Model, score(arm)))])),
        ]);

    private StudyFigure Relations() => new(
        "relations", "By relation",
        "Percent answered exactly, means over the seeds. A profession is neither a name nor a date: no salient span ever asks for it.",
        [
            HeatTable.Of(
                "Exact answers by relation",
                [.. _arms.Select(arm => arm.Label)],
                [.. _cells[0].Relations.Keys.Select(relation => new HeatRow(relation.Replace('.', ' ').Replace('_', ' '), [.. _arms.Select(arm => new HeatField(arm.Relation(relation)))]))],
                168,
                112),
        ]);

    private static StudyFigure Published()
    {
        (string Name, Func<PublishedClosedBook, double> Score)[] sets =
        [
            ("Natural Questions", row => row.NaturalQuestions), ("WebQuestions", row => row.WebQuestions), ("TriviaQA, test", row => row.TriviaTest),
        ];
        return new StudyFigure(
            "published", "The paper's models",
            "Roberts, Raffel and Shazeer 2020, Table 1: percent answered exactly by T5 (Base, Large, 3B, 11B) and T5.1.1 (Base, Large, XL, XXL); with salient spans the largest of each. Other questions and a thousand times the weights: what compares is the direction.",
            [.. sets.Select(set => SizePlot.Of($"{set.Name}, %", [.. PublishedLines.Of(set.Score, (0, 1, 3, 2))]))]);
    }

    private string Page(IReadOnlyList<StudyFigure> figures)
    {
        var world = _cells[0].World;
        return new ReportPage(
            $"{_cells[0].Study}: how much a model knows",
            "Closed-book question answering after Roberts, Raffel and Shazeer, “How Much Knowledge Can You Pack Into the Parameters of a Language Model?” (<a href=\"https://arxiv.org/abs/2002.08910\">arXiv:2002.08910</a>), on a world that does not exist.",
            [
                ($"{_cells.Count}", FormattableString.Invariant($"models, told {world.Tellings} times of {world.People} people and {world.Places} towns")),
                ($"{_cells[0].Questions}", "questions about entities whose questions were never seen"),
                (Gain is { } gain ? gain.Mean.ToString("+0.0;-0.0", CultureInfo.InvariantCulture) : "–", "points by which salient spans raise exact answers"),
            ],
            Warning: null,
            figures,
            [("Every score", Scores()), ("What each number came from", ReportTables.Origins(_cells, _spec))]).Html();
    }

    private string Scores()
    {
        var text = new StringBuilder("<table>\n<thead><tr><th>Arm</th><th>Weights</th><th>Exact</th><th>Names and dates</th><th>F1</th><th>Loss, pre-trained</th><th>Loss, read on</th></tr></thead>\n<tbody>\n");
        foreach (var arm in _arms)
        {
            text.Append(CultureInfo.InvariantCulture, $"<tr><td>{Svg.Escape(arm.Label)}</td><td>{arm.Parameters:N0}</td><td>{arm.Exact}</td><td>{arm.Named}</td><td>{arm.F1}</td><td>{arm.Loss(StageKind.Pretrain)?.Text(3)}</td><td>{arm.Loss(StageKind.Continue)?.Text(3)}</td></tr>\n");
        }

        return text.Append("</tbody>\n</table>\n").ToString();
    }

    private string Results()
    {
        var relations = _cells[0].Relations.Keys;
        return ReportTables.Csv(
            [
                "arm", "size", "seed", "salient", "parameters", "people", "places", "tellings", "world_seed", "questions", "exact", "exact_names_and_dates", "f1",
                .. relations.Select(relation => $"exact_{relation.Replace('.', '_')}"),
                .. s_runs.SelectMany(run => new[] { "steps", "seconds", "loss", "spec_digest", "weights_digest" }.Select(what => $"{StudyStage.Word(run)}_{what}")),
            ],
            _cells.Select(cell => (IEnumerable<object?>)
            [
                cell.Arm, cell.Model, cell.Seed, Specs.SpecFields.Word(cell.Salient), cell.Parameters, cell.World.People, cell.World.Places, cell.World.Tellings, cell.World.Seed,
                cell.Questions, cell.Exact, cell.Named, cell.F1,
                .. relations.Select(relation => cell.Relations.TryGetValue(relation, out var value) ? (object?)value : null),
                .. s_runs.Select(run => cell.Stages.FirstOrDefault(stage => stage.Kind == run))
                    .SelectMany(run => new object?[] { run?.Steps, run?.Seconds, run?.Loss, run?.SpecDigest, run?.WeightsDigest }),
            ]));
    }

    private static string Told(SalientForm salient) => salient switch
    {
        SalientForm.None => "span corruption throughout",
        SalientForm.Spans => "then salient spans",
        SalientForm.Windows => "then salient spans, by window",
        _ => "span corruption, no steps after it",
    };
}
