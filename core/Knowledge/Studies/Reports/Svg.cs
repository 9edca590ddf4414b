using System.Globalization;
using System.Net;
using System.Text;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>A drawing. Coordinates in pixels; colours come from the classes of <see cref="ReportStyle"/>.</summary>
/// <param name="width">Width.</param>
/// <param name="height">Height.</param>
/// <param name="title">What screen readers say it is.</param>
internal sealed class Svg(double width, double height, string title)
{
    private readonly StringBuilder _body = new();

    /// <summary>Width.</summary>
    public double Width => width;

    /// <summary>Height.</summary>
    public double Height => height;

    /// <summary>A rectangle.</summary>
    /// <param name="left">Left edge.</param>
    /// <param name="top">Top edge.</param>
    /// <param name="wide">Width.</param>
    /// <param name="high">Height.</param>
    /// <param name="style">Class.</param>
    /// <param name="opacity">Of the fill, 0 to 1.</param>
    /// <param name="hint">Shown under the pointer.</param>
    public void Rectangle(double left, double top, double wide, double high, string style, double opacity = 1, string? hint = null) => _body.Append(
        CultureInfo.InvariantCulture,
        $"<rect x=\"{left:0.##}\" y=\"{top:0.##}\" width=\"{Math.Max(0, wide):0.##}\" height=\"{high:0.##}\" class=\"{style}\"{(opacity < 1 ? $" fill-opacity=\"{opacity:0.###}\"" : "")}>{Hint(hint)}</rect>\n");

    /// <summary>A line.</summary>
    public void Line(double fromX, double fromY, double toX, double toY, string style) => _body.Append(
        CultureInfo.InvariantCulture, $"<line x1=\"{fromX:0.##}\" y1=\"{fromY:0.##}\" x2=\"{toX:0.##}\" y2=\"{toY:0.##}\" class=\"{style}\"/>\n");

    /// <summary>A dot.</summary>
    public void Dot(double x, double y, double radius, string style, string? hint = null) => _body.Append(
        CultureInfo.InvariantCulture, $"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"{radius:0.##}\" class=\"{style}\">{Hint(hint)}</circle>\n");

    /// <summary>A square on its corner.</summary>
    public void Diamond(double x, double y, double radius, string style, string? hint = null) => _body.Append(
        CultureInfo.InvariantCulture,
        $"<path d=\"M{x:0.##} {y - radius:0.##}L{x + radius:0.##} {y:0.##}L{x:0.##} {y + radius:0.##}L{x - radius:0.##} {y:0.##}Z\" class=\"{style}\">{Hint(hint)}</path>\n");

    /// <summary>Text.</summary>
    /// <param name="x">Where it starts, is centred or ends.</param>
    /// <param name="y">Its base line.</param>
    /// <param name="text">The text.</param>
    /// <param name="style">Class.</param>
    /// <param name="anchor"><c>start</c>, <c>middle</c> or <c>end</c>.</param>
    public void Text(double x, double y, string text, string style = "ink", string anchor = "start") => _body.Append(
        CultureInfo.InvariantCulture, $"<text x=\"{x:0.##}\" y=\"{y:0.##}\" class=\"{style}\" text-anchor=\"{anchor}\">{Escape(text)}</text>\n");

    /// <summary>Another drawing inside this one.</summary>
    public void Place(double left, double top, Svg other) =>
        _body.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate({left:0.##} {top:0.##})\">\n").Append(other._body).Append("</g>\n");

    /// <summary>The element, to stand in a page that has the style.</summary>
    public string Inline() => string.Create(
        CultureInfo.InvariantCulture,
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:0.##} {height:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" role=\"img\" aria-label=\"{Escape(title)}\">\n{ReportStyle.Patterns}{_body}</svg>\n");

    /// <summary>The drawing as a file of its own.</summary>
    public string File() => Inline().Replace("\">\n" + ReportStyle.Patterns, $"\">\n<title>{Escape(title)}</title>\n<style>{ReportStyle.Drawing}</style>\n{ReportStyle.Patterns}<rect width=\"100%\" height=\"100%\" class=\"paper\"/>\n", StringComparison.Ordinal);

    /// <summary>Text as XML.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Hint(string? hint) => hint is null ? "" : $"<title>{Escape(hint)}</title>";
}
