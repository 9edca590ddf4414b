namespace Orchestrator.Core.Checkpoints;

/// <summary>Which checkpoints go.</summary>
public static class CheckpointRetention
{
    /// <summary>The steps that are removed, oldest first: all but the newest <paramref name="keep"/> and those that are pinned.</summary>
    /// <param name="steps">Steps that have a valid checkpoint, in any order.</param>
    /// <param name="keep">How many of the newest stay, at least 1.</param>
    /// <param name="pinned">Steps that stay whatever their age and do not count; null for none.</param>
    public static IReadOnlyList<long> Removed(IEnumerable<long> steps, int keep, IReadOnlyCollection<long>? pinned = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        return [.. steps.Distinct().Where(step => pinned?.Contains(step) != true).OrderDescending().Skip(keep).Order()];
    }
}
