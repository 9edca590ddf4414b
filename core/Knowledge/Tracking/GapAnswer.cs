using System.Text.RegularExpressions;

namespace Orchestrator.Core.Knowledge.Tracking;

/// <summary>Answers that stand in a gap of a text, as a model writes them that was pre-trained to fill gaps: after the gap's sentinel, up to the next one or the end.</summary>
public static partial class GapAnswer
{
    /// <summary>The gap that a target fills, or null where it is a text like any other.</summary>
    /// <exception cref="FormatException">It fills several; the message is a clause.</exception>
    public static int? GapOf(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var named = Sentinel().Matches(target);
        return named.Count > 1 ? throw new FormatException("fills several gaps in its target; ask for one")
            : named.Count == 1 && string.IsNullOrWhiteSpace(target[..named[0].Index]) ? int.Parse(named[0].Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)
            : null;
    }

    /// <summary>What a text has for a gap; empty: nothing.</summary>
    /// <param name="text">The text, sentinels written <c>&lt;extra_id_k&gt;</c>.</param>
    /// <param name="gap">k.</param>
    public static string Of(string text, int gap)
    {
        ArgumentNullException.ThrowIfNull(text);
        var sentinel = $"<extra_id_{gap}>";
        var start = text.IndexOf(sentinel, StringComparison.Ordinal);
        var rest = start < 0 ? "" : text[(start + sentinel.Length)..];
        var end = rest.IndexOf("<extra_id_", StringComparison.Ordinal);
        return (end < 0 ? rest : rest[..end]).Replace("</s>", "", StringComparison.Ordinal).Trim();
    }

    /// <summary>A text without sentinels, white space as single spaces.</summary>
    public static string WithoutSentinels(string text) => White().Replace(Sentinel().Replace(text, " "), " ").Trim();

    [GeneratedRegex("<extra_id_([0-9]{1,4})>")]
    private static partial Regex Sentinel();

    [GeneratedRegex(@"\s+")]
    private static partial Regex White();
}
