using System.Text.RegularExpressions;

namespace Orchestrator.Core.Specs;

/// <summary>Which weights a pattern means.</summary>
public static class WeightNames
{
    /// <summary>Whether a pattern means a weight: the end of its name from a dot on, with or without its last part, or all of it where the pattern has a <c>*</c>.</summary>
    /// <param name="pattern">For example <c>q</c>, <c>layer_norm</c> or <c>encoder.*</c>.</param>
    /// <param name="weight">For example <c>encoder.block.0.layer.0.SelfAttention.q.weight</c>.</param>
    public static bool Means(string pattern, string weight)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(weight);
        if (pattern.Contains('*'))
        {
            var expression = "\\A" + string.Join(".*", pattern.Split('*').Select(Regex.Escape)) + "\\z";
            return Regex.IsMatch(weight, expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }

        return Ends(weight, pattern) || Ends(weight[..Math.Max(0, weight.LastIndexOf('.'))], pattern);
    }

    private static bool Ends(string name, string pattern) => name == pattern || name.EndsWith("." + pattern, StringComparison.Ordinal);
}
