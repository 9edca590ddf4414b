namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>The report of a study of biographies.</summary>
public sealed class BioReport : IStudyReport
{
    private readonly IReadOnlyList<BioCellResult> _cells;
    private readonly IReadOnlyList<ArmSummary> _arms;
    private readonly Func<StageRecord, string?>? _spec;

    /// <summary>A report.</summary>
    /// <param name="cells">The results, at least one.</param>
    /// <param name="spec">The spec of a stage that is a run, where it is at hand; null: none is.</param>
    /// <exception cref="BadInputException">There is none.</exception>
    public BioReport(IReadOnlyList<BioCellResult> cells, Func<StageRecord, string?>? spec = null)
    {
        ArgumentNullException.ThrowIfNull(cells);
        if (cells.Count == 0)
        {
            throw new BadInputException("There is no result yet; run the study with 'orchestrator study bios run PLAN.yaml'.");
        }

        _spec = spec;
        _cells = cells;
        _arms = ArmSummary.Of(cells);
        // Figure 3 has a variant once and no arm of another kind; the arms of one variant are one measurement of it.
        var pairs = _arms.Where(arm => !arm.IsUnderTrained && PublishedArm.IsPlain(arm.Any) && arm.Published is not null)
            .GroupBy(arm => arm.Any.Variant, StringComparer.Ordinal)
            .Select(variant => (variant.Average(arm => arm.Extraction.Mean), variant.First().Published!.Value)).ToList();
        Compared = pairs.Count;
        Correlation = RankCorrelation.Of(pairs);
    }

    /// <summary>
    /// Spearman's rank correlation of the variants' accuracies with those of the paper's Figure 3, or null. Arms beside celebrities or of mixed training have no part
    /// in it, and of a variant that several arms or models repeat the mean has.
    /// </summary>
    public double? Correlation { get; }

    /// <summary>Variants that it is taken over.</summary>
    public int Compared { get; }

    /// <summary>The arms of which no seed recalls its biographies.</summary>
    public IReadOnlyList<string> UnderTrained => [.. _arms.Where(arm => arm.IsUnderTrained).Select(arm => arm.Label)];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Summary => new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["correlation"] = Correlation,
        ["compared"] = Compared,
        ["under_trained"] = UnderTrained,
    };

    /// <summary>A line an arm: what it recalls and what it answers; and the correlation.</summary>
    public IEnumerable<string> Lines() => [.. _arms.Select(Line), .. Correlation is { } rho ? [$"Spearman's rank correlation with the paper's Figure 3: {rho:0.00} over {Compared} variants."] : Array.Empty<string>()];

    private static string Line(ArmSummary arm) =>
        $"{arm.Label,-28} memory {arm.Memory,-12} answers {arm.Extraction,-12}{(arm.Published is { } published ? $" published {published:0.0}" : "")}{(arm.Remark.Length > 0 ? $"  {arm.Remark}" : "")}";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Files()
    {
        var figures = BioFigures.Of(_arms);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["index.html"] = Page(figures),
            ["results.csv"] = ReportTables.Results(_cells),
            ["probes.csv"] = ReportTables.Probes(_cells),
        };
        foreach (var figure in figures)
        {
            files[figure.File + ".svg"] = figure.Whole().File();
        }

        return files;
    }

    private string Page(IReadOnlyList<StudyFigure> figures) => new ReportPage(
        $"{_cells[0].Study}: what the models know",
        "Knowledge storage and extraction after Allen-Zhu and Li, “Physics of Language Models: Part 3.1” (<a href=\"https://arxiv.org/abs/2309.14316\">arXiv:2309.14316</a>), whose numbers stand beside this study's.",
        [
            ($"{_cells.Count}", $"models, {_arms.Count} arm{(_arms.Count == 1 ? "" : "s")}"),
            ($"{_cells.Count(cell => !cell.IsUnderTrained)} of {_cells.Count}", $"recall at least {_cells[0].MemoryGate:0.#} % of what they read"),
            (Correlation is { } rho ? $"{rho:0.00}" : "–", $"Spearman's ρ with the paper, over {Compared} variant{(Compared == 1 ? "" : "s")}"),
        ],
        UnderTrained.Count > 0 ? $"Under-trained, and so no result: {string.Join(", ", UnderTrained)}. Train for more exposures." : null,
        figures,
        [("What each number came from", ReportTables.Origins(_cells, _spec))]).Html();
}
