namespace Orchestrator.Core.Evaluation;

/// <summary>Runs of words and how often they appear.</summary>
internal static class Ngrams
{
    /// <summary>How often each run of <paramref name="order"/> words appears.</summary>
    public static Dictionary<string, int> Count(IReadOnlyList<string> words, int order)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i + order <= words.Count; i++)
        {
            // No word holds a space.
            var run = order == 1 ? words[i] : string.Join(' ', words.Skip(i).Take(order));
            counts[run] = counts.GetValueOrDefault(run) + 1;
        }

        return counts;
    }

    /// <summary>Runs that two counts share, each as often as both have it.</summary>
    public static int Shared(Dictionary<string, int> left, Dictionary<string, int> right) =>
        left.Sum(pair => Math.Min(pair.Value, right.GetValueOrDefault(pair.Key)));

    /// <summary>The harmonic mean of precision and recall of runs; 0 where none is shared.</summary>
    public static double F1(IReadOnlyList<string> prediction, IReadOnlyList<string> reference, int order) =>
        F1(Shared(Count(prediction, order), Count(reference, order)), prediction.Count - order + 1, reference.Count - order + 1);

    /// <summary>The harmonic mean of precision and recall.</summary>
    public static double F1(int shared, int predicted, int wanted)
    {
        if (shared == 0)
        {
            return 0;
        }

        var (precision, recall) = ((double)shared / predicted, (double)shared / wanted);
        return 2 * precision * recall / (precision + recall);
    }
}
