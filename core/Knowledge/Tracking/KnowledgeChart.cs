using System.Globalization;
using Orchestrator.Core.Knowledge.Studies.Reports;

namespace Orchestrator.Core.Knowledge.Tracking;

/// <summary>Draws what a run knew: the share known as a line over the steps, and below it what was learned since the asking before and what is forgotten.</summary>
public static class KnowledgeChart
{
    private const double Left = 52, Wide = 560, Right = 96, Top = 44, High = 220, Gap = 34, Low = 90, Bottom = 30;

    /// <summary>The drawing as a file of its own, SVG.</summary>
    /// <param name="points">The curve, at least one point.</param>
    /// <param name="title">What screen readers say it is.</param>
    public static string Draw(IReadOnlyList<KnowledgePoint> points, string title)
    {
        ArgumentNullException.ThrowIfNull(points);
        var svg = new Svg(Left + Wide + Right, Top + High + Gap + Low + Bottom, title);
        var (first, last) = (points[0].Step, Math.Max(points[^1].Step, points[0].Step + 1));
        double X(long step) => Left + (Wide * (step - first) / (last - first));
        double Y(double percent) => Top + (High * (1 - (percent / 100)));
        svg.Rectangle(0, 2, 14, 10, "ours");
        svg.Text(20, 12, "known, % of the questions; below: learned since the asking before", "ink");
        svg.Diamond(7, 26, 6, "theirs");
        svg.Text(20, 30, "forgotten: known once, not now", "ink");
        for (var tick = 0; tick <= 4; tick++)
        {
            var percent = 25 * tick;
            svg.Line(Left, Y(percent), Left + Wide, Y(percent), "rule");
            svg.Text(Left - 8, Y(percent) + 4, percent.ToString(CultureInfo.InvariantCulture), "soft", "end");
        }

        var most = Math.Max(1, points.Max(point => Math.Max(point.Learned, point.Forgotten)));
        var foot = Top + High + Gap + Low;
        double Height(int count) => Low * count / most;
        svg.Line(Left, foot, Left + Wide, foot, "rule");
        svg.Text(Left - 8, foot - Low + 4, most.ToString(CultureInfo.InvariantCulture), "soft", "end");
        svg.Text(Left - 8, foot + 4, "0", "soft", "end");
        foreach (var (place, point) in points.Index())
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"step {point.Step}: {point.Known} of {point.Questions} known, {point.Learned} learned, {point.Forgotten} forgotten");
            svg.Rectangle(X(point.Step) - 3, foot - Height(point.Learned), 6, Height(point.Learned), "ours", hint: text);
            if (place > 0)
            {
                svg.Line(X(points[place - 1].Step), Y(points[place - 1].Percent), X(point.Step), Y(point.Percent), "error");
            }

            svg.Diamond(X(point.Step), foot - Height(point.Forgotten), 4, "theirs", text);
        }

        foreach (var point in points)
        {
            svg.Dot(X(point.Step), Y(point.Percent), 3.5, "ours", string.Create(CultureInfo.InvariantCulture, $"step {point.Step}: {point.Percent:0.0} %"));
        }

        svg.Text(Left, foot + 18, first.ToString(CultureInfo.InvariantCulture), "soft", "middle");
        svg.Text(Left + Wide, foot + 18, string.Create(CultureInfo.InvariantCulture, $"step {last}"), "soft", "middle");
        svg.Text(Left + Wide + 10, Y(points[^1].Percent) + 4, string.Create(CultureInfo.InvariantCulture, $"{points[^1].Known} of {points[^1].Questions}"), "strong");
        return svg.File();
    }
}
