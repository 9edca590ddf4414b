namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>A figure: panels that stand side by side where there is room.</summary>
/// <param name="File">The name of its file, without the ending.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Caption">How to read it.</param>
/// <param name="Panels">Its panels.</param>
internal sealed record StudyFigure(string File, string Title, string Caption, IReadOnlyList<Svg> Panels)
{
    private const double Gap = 28;

    /// <summary>All panels in one drawing.</summary>
    public Svg Whole()
    {
        var across = Panels.Count > 1 && Panels[0].Width < 500 ? 2 : 1;
        var rows = Panels.Chunk(across).ToList();
        var whole = new Svg(
            rows.Max(row => row.Sum(panel => panel.Width) + (Gap * (row.Length + 1))),
            rows.Sum(row => row.Max(panel => panel.Height) + Gap) + Gap,
            Title);
        var top = Gap;
        foreach (var row in rows)
        {
            var left = Gap;
            foreach (var panel in row)
            {
                whole.Place(left, top, panel);
                left += panel.Width + Gap;
            }

            top += row.Max(panel => panel.Height) + Gap;
        }

        return whole;
    }
}
