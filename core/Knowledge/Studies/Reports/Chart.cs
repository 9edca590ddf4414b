namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>A bar of a chart.</summary>
/// <param name="Label">What stands before it.</param>
/// <param name="Ours">Its length and spread.</param>
/// <param name="Theirs">The published value, or null.</param>
/// <param name="Remark">What stands behind it.</param>
/// <param name="Hatched">Whether it is no result.</param>
/// <param name="Digits">Digits behind the point.</param>
internal sealed record Bar(string Label, Spread Ours, double? Theirs, string Remark, bool Hatched, int Digits = 1);

/// <summary>Horizontal bars with the values of seeds, their spread, and published values beside them.</summary>
internal static class Chart
{
    private const double Left = 196, Wide = 350, Right = 226, Row = 32, Top = 52, Bottom = 26;

    /// <summary>Draws it.</summary>
    /// <param name="title">What screen readers say it is.</param>
    /// <param name="bars">The bars.</param>
    /// <param name="axis">What the axis measures.</param>
    /// <param name="limit">Where it ends.</param>
    /// <param name="marks">Lines across, each with its name.</param>
    /// <param name="legend">Names of ours and theirs; theirs null: there are none.</param>
    public static Svg Of(string title, IReadOnlyList<Bar> bars, string axis, double limit, IReadOnlyList<(double Value, string Name)> marks, (string Ours, string? Theirs) legend)
    {
        var svg = new Svg(Left + Wide + Right, Top + (bars.Count * Row) + Bottom, title);
        double X(double value) => Left + (Wide * Math.Clamp(value / limit, 0, 1));
        Legend(svg, legend);
        var foot = Top + (bars.Count * Row);
        for (var tick = 0; tick <= 4; tick++)
        {
            var value = limit * tick / 4;
            svg.Line(X(value), Top - 4, X(value), foot, "rule");
            svg.Text(X(value), foot + 14, $"{value:0.##}", "soft", "middle");
        }

        svg.Text(Left + Wide + 24, foot + 14, axis, "soft");
        foreach (var (place, bar) in bars.Index())
        {
            Draw(svg, bar, Top + (place * Row), X);
        }

        foreach (var (value, name) in marks)
        {
            svg.Line(X(value), Top - 6, X(value), foot, "gate");
            svg.Text(X(value), Top - 10, name, "theirs-text", "middle");
        }

        return svg;
    }

    private static void Draw(Svg svg, Bar bar, double top, Func<double, double> x)
    {
        var middle = top + (Row / 2);
        var hint = $"{bar.Label}: {bar.Ours.Text(bar.Digits)}{(bar.Theirs is { } published ? $", published {published:0.0}" : "")}{(bar.Remark.Length > 0 ? $", {bar.Remark}" : "")}";
        svg.Text(Left - 10, middle + 4, bar.Label, bar.Hatched ? "soft" : "ink", "end");
        svg.Rectangle(Left, middle - 7, x(bar.Ours.Mean) - Left, 14, bar.Hatched ? "untrained" : "ours", hint: hint);
        if (bar.Ours.Values.Count > 1)
        {
            svg.Line(x(bar.Ours.Mean - bar.Ours.Deviation), middle, x(bar.Ours.Mean + bar.Ours.Deviation), middle, "error");
            foreach (var value in bar.Ours.Values)
            {
                svg.Dot(x(value), middle, 2.6, "seed", $"{bar.Label}: {Spread.Of([value]).Text(bar.Digits)}");
            }
        }

        if (bar.Theirs is { } theirs)
        {
            svg.Diamond(x(theirs), middle, 6, "theirs", $"{bar.Label}, published: {theirs:0.0}");
        }

        var behind = Left + Wide + 12;
        svg.Text(behind, middle + (bar.Remark.Length > 0 ? -3 : 4), bar.Ours.Text(bar.Digits), bar.Hatched ? "soft" : "strong");
        if (bar.Theirs is { } number)
        {
            svg.Text(behind + 112, middle + (bar.Remark.Length > 0 ? -3 : 4), $"{number:0.0}", "theirs-text", "end");
        }

        if (bar.Remark.Length > 0)
        {
            svg.Text(behind, middle + 12, bar.Remark, "soft");
        }
    }

    private static void Legend(Svg svg, (string Ours, string? Theirs) legend)
    {
        svg.Rectangle(0, 2, 14, 10, "ours");
        svg.Text(20, 12, legend.Ours, "ink");
        if (legend.Theirs is { } theirs)
        {
            svg.Diamond(Left + 8, 7, 6, "theirs");
            svg.Text(Left + 20, 12, theirs, "ink");
        }
    }
}
