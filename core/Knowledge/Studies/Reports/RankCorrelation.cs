namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>Spearman's rank correlation.</summary>
public static class RankCorrelation
{
    /// <summary>The correlation of the ranks, ties sharing the mean of theirs; null for fewer than two pairs or where all of one side are equal.</summary>
    public static double? Of(IReadOnlyList<(double Left, double Right)> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var left = Ranks([.. pairs.Select(pair => pair.Left)]);
        var right = Ranks([.. pairs.Select(pair => pair.Right)]);
        var mean = (pairs.Count + 1) / 2.0;
        double Product(double[] one, double[] other) => one.Zip(other, (a, b) => (a - mean) * (b - mean)).Sum();
        var scale = Math.Sqrt(Product(left, left) * Product(right, right));
        return pairs.Count >= 2 && scale > 0 ? Product(left, right) / scale : null;
    }

    private static double[] Ranks(double[] values) =>
        [.. values.Select(value => values.Count(other => other < value) + ((values.Count(other => other == value) + 1) / 2.0))];
}
