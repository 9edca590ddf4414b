namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>A line of a plot: scores over sizes.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Look">Number of its look, from 0: <c>line-0</c> and <c>dot-0</c>.</param>
/// <param name="Points">Weights of the model, its name and its score.</param>
internal sealed record SizeLine(string Name, int Look, IReadOnlyList<(double Size, string Model, Spread Score)> Points);

/// <summary>Scores against the logarithm of a model's weights, with the spread over seeds and each seed as a ring.</summary>
internal static class SizePlot
{
    private const double Left = 52, Wide = 380, High = 250, Right = 20, Bottom = 46, LegendRow = 18;

    /// <summary>Looks that the style has.</summary>
    private const int Looks = 8;

    /// <summary>Draws it.</summary>
    /// <param name="title">Stands above it.</param>
    /// <param name="lines">The lines, each with a point at least.</param>
    public static Svg Of(string title, IReadOnlyList<SizeLine> lines)
    {
        var top = 34 + (LegendRow * lines.Count);
        var svg = new Svg(Left + Wide + Right, top + High + Bottom, title);
        svg.Text(0, 14, title, "strong");
        var sizes = lines.SelectMany(line => line.Points).Select(point => Math.Log10(point.Size)).ToList();
        var (low, high) = (sizes.Min() - 0.12, sizes.Max() + 0.12);
        var limit = Limit(lines.SelectMany(line => line.Points).Max(point => Math.Max(point.Score.Mean + point.Score.Deviation, point.Score.Values.Max())));
        double X(double size) => Left + (Wide * (Math.Log10(size) - low) / (high - low));
        double Y(double score) => top + (High * (1 - (Math.Clamp(score, 0, limit) / limit)));
        for (var tick = 0; tick <= 4; tick++)
        {
            var value = limit * tick / 4;
            svg.Line(Left, Y(value), Left + Wide, Y(value), "rule");
            svg.Text(Left - 8, Y(value) + 4, $"{value:0.#}", "soft", "end");
        }

        foreach (var size in lines.SelectMany(line => line.Points).Select(point => point.Size).Distinct().Order())
        {
            svg.Line(X(size), top + High, X(size), top + High + 5, "rule");
        }

        foreach (var size in Spaced(lines.SelectMany(line => line.Points).Select(point => point.Size).Distinct().Order(), X))
        {
            svg.Text(X(size), top + High + 18, Count(size), "soft", "middle");
        }

        svg.Text(Left + (Wide / 2), top + High + 38, "weights (logarithmic)", "soft", "middle");
        foreach (var (place, line) in lines.Index())
        {
            var row = 26 + (LegendRow * place);
            svg.Line(0, row + 4, 26, row + 4, $"line-{line.Look % Looks}");
            svg.Dot(13, row + 4, 4, $"dot-{line.Look % Looks}");
            svg.Text(34, row + 8, line.Name, "ink");
            Draw(svg, line, X, Y);
        }

        return svg;
    }

    private static void Draw(Svg svg, SizeLine line, Func<double, double> x, Func<double, double> y)
    {
        var look = line.Look % Looks;
        foreach (var (from, to) in line.Points.Zip(line.Points.Skip(1)))
        {
            svg.Line(x(from.Size), y(from.Score.Mean), x(to.Size), y(to.Score.Mean), $"line-{look}");
        }

        foreach (var (size, model, score) in line.Points)
        {
            if (score.Values.Count > 1)
            {
                svg.Line(x(size), y(score.Mean - score.Deviation), x(size), y(score.Mean + score.Deviation), "error");
                foreach (var value in score.Values)
                {
                    svg.Dot(x(size), y(value), 2.4, "seed", $"{line.Name}, {model}: {value:0.0}");
                }
            }

            svg.Dot(x(size), y(score.Mean), 5, $"dot-{look}", $"{line.Name}, {model}, {Count(size)} weights: {score}");
        }
    }

    // Numbers that would touch the one before are left out.
    private static IEnumerable<double> Spaced(IEnumerable<double> sizes, Func<double, double> x)
    {
        var last = double.NegativeInfinity;
        foreach (var size in sizes)
        {
            if (x(size) - last >= 54)
            {
                last = x(size);
                yield return size;
            }
        }
    }

    private static double Limit(double highest) => highest switch { <= 10 => 10, <= 20 => 20, <= 40 => 40, <= 60 => 60, <= 80 => 80, _ => 100 };

    /// <summary>A number of weights as people read it.</summary>
    public static string Count(double size) => size switch
    {
        >= 1e9 => FormattableString.Invariant($"{size / 1e9:0.#} B"),
        >= 1e6 => FormattableString.Invariant($"{size / 1e6:0.##} M"),
        _ => FormattableString.Invariant($"{size / 1e3:0} k"),
    };
}
