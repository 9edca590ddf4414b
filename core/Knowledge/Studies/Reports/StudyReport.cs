using System.Globalization;
using System.Text;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>A study's results as a page, drawings and tables. Pure: the same results give the same bytes.</summary>
public sealed class StudyReport
{
    private readonly IReadOnlyList<CellResult> _cells;
    private readonly IReadOnlyList<ArmSummary> _arms;

    /// <summary>A report.</summary>
    /// <param name="cells">The results, at least one.</param>
    /// <exception cref="BadInputException">There is none.</exception>
    public StudyReport(IReadOnlyList<CellResult> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        if (cells.Count == 0)
        {
            throw new BadInputException("There is no result yet; run the study with 'orchestrator study bios run PLAN.yaml'.");
        }

        _cells = cells;
        _arms = ArmSummary.Of(cells);
        var pairs = _arms.Where(arm => !arm.IsUnderTrained && arm.Published is not null).Select(arm => (arm.Extraction.Mean, arm.Published!.Value)).ToList();
        Compared = pairs.Count;
        Correlation = RankCorrelation.Of(pairs);
    }

    /// <summary>Spearman's rank correlation of the arms' accuracies with the published ones, or null.</summary>
    public double? Correlation { get; }

    /// <summary>Arms that it is taken over.</summary>
    public int Compared { get; }

    /// <summary>The arms of which no seed recalls its biographies.</summary>
    public IReadOnlyList<string> UnderTrained => [.. _arms.Where(arm => arm.IsUnderTrained).Select(arm => arm.Label)];

    /// <summary>A line an arm: what it recalls and what it answers.</summary>
    public IEnumerable<string> Lines() => _arms.Select(arm =>
        $"{arm.Label,-28} memory {arm.Memory,-12} answers {arm.Extraction,-12}{(arm.Published is { } published ? $" published {published:0.0}" : "")}{(arm.Remark.Length > 0 ? $"  {arm.Remark}" : "")}");

    /// <summary>The report's files by name.</summary>
    public IReadOnlyDictionary<string, string> Files()
    {
        var figures = StudyFigures.Of(_arms);
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

    private string Page(IReadOnlyList<StudyFigure> figures)
    {
        var name = _cells[0].Study;
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append(CultureInfo.InvariantCulture, $"<title>{Svg.Escape(name)}: what the models know</title>\n<style>\n{ReportStyle.Drawing}\n{ReportStyle.Page}\n</style>\n</head>\n<body>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Svg.Escape(name)}: what the models know</h1>\n");
        page.Append("<p class=\"lead\">Knowledge storage and extraction after Allen-Zhu and Li, “Physics of Language Models: Part 3.1” (<a href=\"https://arxiv.org/abs/2309.14316\">arXiv:2309.14316</a>), whose numbers stand beside this study's.</p>\n");
        Cards(page);
        if (UnderTrained.Count > 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"warn\">Under-trained, and so no result: {Svg.Escape(string.Join(", ", UnderTrained))}. Train for more exposures.</p>\n");
        }

        foreach (var figure in figures)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{Svg.Escape(figure.Title)}</h2>\n<figure>\n<div class=\"panels\">\n");
            foreach (var panel in figure.Panels)
            {
                page.Append("<div class=\"scroll\" tabindex=\"0\">").Append(panel.Inline()).Append("</div>\n");
            }

            page.Append(CultureInfo.InvariantCulture, $"</div>\n<figcaption>{Svg.Escape(figure.Caption)}</figcaption>\n</figure>\n");
        }

        page.Append("<h2>What each number came from</h2>\n<div class=\"scroll\" tabindex=\"0\">\n").Append(ReportTables.Origins(_cells)).Append("</div>\n</body>\n</html>\n");
        return page.ToString();
    }

    private void Cards(StringBuilder page)
    {
        var passed = _cells.Count(cell => !cell.IsUnderTrained);
        page.Append("<ul class=\"cards\">\n");
        Card($"{_cells.Count}", $"models, {_arms.Count} arm{(_arms.Count == 1 ? "" : "s")}");
        Card($"{passed} of {_cells.Count}", $"recall at least {_cells[0].MemoryGate:0.#} % of what they read");
        Card(Correlation is { } rho ? $"{rho:0.00}" : "–", $"Spearman's ρ with the paper, over {Compared} arm{(Compared == 1 ? "" : "s")}");
        page.Append("</ul>\n");

        void Card(string number, string what) => page.Append(CultureInfo.InvariantCulture, $"<li><b>{number}</b><span>{Svg.Escape(what)}</span></li>\n");
    }
}
