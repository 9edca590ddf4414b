namespace Orchestrator.Core.Checkpoints;

/// <summary>How tensors are spread over files.</summary>
public static class ShardPlan
{
    /// <summary>Fills files in the order of names (ordinal); a file ends before the tensor that would take it past the limit.</summary>
    /// <param name="tensors">Names and bytes.</param>
    /// <param name="maxBytes">Of tensors in one file; a larger tensor has a file of its own.</param>
    /// <returns>The names of each file; one empty file where there are no tensors.</returns>
    public static IReadOnlyList<IReadOnlyList<string>> Make(IEnumerable<(string Name, long Bytes)> tensors, long maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        var shards = new List<List<string>> { new() };
        var used = 0L;
        foreach (var (name, bytes) in tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            if (shards[^1].Count > 0 && bytes > maxBytes - used)
            {
                shards.Add([]);
                used = 0;
            }

            shards[^1].Add(name);
            used += bytes;
        }

        return shards;
    }
}
