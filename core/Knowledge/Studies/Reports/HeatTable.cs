namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>A field of a heat table.</summary>
/// <param name="Ours">Percent, or null for none.</param>
/// <param name="Theirs">The published value, or null.</param>
/// <param name="Framed">Whether it is marked.</param>
internal sealed record HeatField(double? Ours, double? Theirs = null, bool Framed = false);

/// <summary>A row of a heat table.</summary>
/// <param name="Label">What stands before it.</param>
/// <param name="Fields">Its fields.</param>
/// <param name="Hatched">Whether it is no result.</param>
internal sealed record HeatRow(string Label, IReadOnlyList<HeatField> Fields, bool Hatched = false);

/// <summary>Percentages as the depth of a colour, with the published ones below them.</summary>
internal static class HeatTable
{
    /// <summary>Draws it.</summary>
    /// <param name="title">Stands above it.</param>
    /// <param name="columns">Heads of the columns.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="left">Width of the labels.</param>
    /// <param name="wide">Width of a field.</param>
    public static Svg Of(string title, IReadOnlyList<string> columns, IReadOnlyList<HeatRow> rows, double left, double wide)
    {
        var high = rows.Any(row => row.Fields.Any(field => field.Theirs is not null)) ? 38 : 28;
        const double Top = 46;
        var svg = new Svg(left + (wide * columns.Count) + 2, Top + (high * rows.Count) + 4, title);
        svg.Text(0, 14, title, "strong");
        foreach (var (place, column) in columns.Index())
        {
            svg.Text(left + (wide * (place + 0.5)), Top - 8, column, "soft", "middle");
        }

        foreach (var (place, row) in rows.Index())
        {
            var top = Top + (high * place);
            svg.Text(left - 10, top + (high / 2.0) + 4, row.Label, row.Hatched ? "soft" : "ink", "end");
            foreach (var (at, field) in row.Fields.Index())
            {
                Draw(svg, row, field, columns[at], (left + (wide * at), top, wide, high));
            }
        }

        return svg;
    }

    private static void Draw(Svg svg, HeatRow row, HeatField field, string column, (double Left, double Top, double Wide, double High) at)
    {
        var hint = field.Ours is { } value ? $"{row.Label}, {column}: {value:0.0}{(field.Theirs is { } published ? $", published {published:0.0}" : "")}" : null;
        if (row.Hatched || field.Ours is null)
        {
            svg.Rectangle(at.Left, at.Top, at.Wide, at.High, row.Hatched && field.Ours is not null ? "untrained" : "box", hint: hint);
        }
        else
        {
            svg.Rectangle(at.Left, at.Top, at.Wide, at.High, "cell", Math.Clamp(field.Ours.Value / 100, 0, 1), hint);
        }

        // Text that can be read on every depth of the colour.
        var (deep, tinted) = row.Hatched ? (false, false) : (field.Ours >= 72, field.Ours >= 30);
        var middle = at.Left + (at.Wide / 2);
        var both = field.Theirs is not null;
        if (field.Ours is { } ours)
        {
            svg.Text(middle, at.Top + (both ? 16 : (at.High / 2) + 4), $"{ours:0.0}", deep ? "on-ours" : "ink", "middle");
        }

        if (field.Theirs is { } theirs)
        {
            svg.Text(middle, at.Top + 31, $"({theirs:0.0})", deep ? "on-ours" : tinted ? "ink" : "theirs-text", "middle");
        }

        if (field.Framed)
        {
            svg.Rectangle(at.Left + 2, at.Top + 2, at.Wide - 4, at.High - 4, "own");
        }
    }
}
