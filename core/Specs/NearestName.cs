namespace Orchestrator.Core.Specs;

/// <summary>Finds what somebody meant to write.</summary>
public static class NearestName
{
    /// <summary>The candidate with the smallest edit distance, the first of equals; null where none is at all alike.</summary>
    public static string? Of(string written, IEnumerable<string> candidates)
    {
        var best = candidates.Select(name => (Name: name, Distance: Distance(written, name)))
            .OrderBy(pair => pair.Distance)
            .FirstOrDefault();
        return best.Name is not null && best.Distance <= Math.Max(2, Math.Max(written.Length, best.Name.Length) / 2) ? best.Name : null;
    }

    /// <summary>The number of single characters inserted, deleted, replaced or swapped with their neighbour (optimal string alignment).</summary>
    public static int Distance(string left, string right)
    {
        var before = new int[right.Length + 1];
        var last = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var next = new int[right.Length + 1];
            next[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = left[i - 1] == right[j - 1] ? 0 : 1;
                next[j] = Math.Min(Math.Min(last[j] + 1, next[j - 1] + 1), last[j - 1] + same);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    next[j] = Math.Min(next[j], before[j - 2] + 1);
                }
            }

            (before, last) = (last, next);
        }

        return last[right.Length];
    }
}
