using System.Globalization;
using System.Text;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>A report's page, which needs nothing from elsewhere.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Lead">HTML below it.</param>
/// <param name="Cards">Numbers to see first, and what each is.</param>
/// <param name="Warning">A sentence to see before anything else, or null.</param>
/// <param name="Figures">The figures.</param>
/// <param name="Tables">HTML after them: a heading and a table each.</param>
internal sealed record ReportPage(
    string Title, string Lead, IReadOnlyList<(string Number, string What)> Cards, string? Warning, IReadOnlyList<StudyFigure> Figures, IReadOnlyList<(string Heading, string Table)> Tables)
{
    /// <summary>The page.</summary>
    public string Html()
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append(CultureInfo.InvariantCulture, $"<title>{Svg.Escape(Title)}</title>\n<style>\n{ReportStyle.Drawing}\n{ReportStyle.Page}\n</style>\n</head>\n<body>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Svg.Escape(Title)}</h1>\n<p class=\"lead\">{Lead}</p>\n<ul class=\"cards\">\n");
        foreach (var (number, what) in Cards)
        {
            page.Append(CultureInfo.InvariantCulture, $"<li><b>{number}</b><span>{Svg.Escape(what)}</span></li>\n");
        }

        page.Append("</ul>\n");
        if (Warning is not null)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"warn\">{Svg.Escape(Warning)}</p>\n");
        }

        foreach (var figure in Figures)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{Svg.Escape(figure.Title)}</h2>\n<figure>\n<div class=\"panels\">\n");
            foreach (var panel in figure.Panels)
            {
                page.Append("<div class=\"scroll\" tabindex=\"0\">").Append(panel.Inline()).Append("</div>\n");
            }

            page.Append(CultureInfo.InvariantCulture, $"</div>\n<figcaption>{Svg.Escape(figure.Caption)}</figcaption>\n</figure>\n");
        }

        foreach (var (heading, table) in Tables)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{Svg.Escape(heading)}</h2>\n<div class=\"scroll\" tabindex=\"0\">\n").Append(table).Append("</div>\n");
        }

        return page.Append("</body>\n</html>\n").ToString();
    }
}
