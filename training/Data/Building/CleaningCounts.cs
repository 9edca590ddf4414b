namespace Orchestrator.Training.Data.Building;

/// <summary>How much went into the cleaning, came out of it, and was dropped by which rule.</summary>
public sealed record CleaningCounts
{
    /// <summary>Pages read.</summary>
    public long PagesIn { get; set; }

    /// <summary>Pages kept.</summary>
    public long PagesKept { get; set; }

    /// <summary>Lines of the pages read.</summary>
    public long LinesIn { get; set; }

    /// <summary>Lines kept.</summary>
    public long LinesKept { get; set; }

    /// <summary>Bytes of the lines read, UTF-8.</summary>
    public long BytesIn { get; set; }

    /// <summary>Bytes of the lines kept, UTF-8.</summary>
    public long BytesKept { get; set; }

    /// <summary>How often each rule struck, in the order of the rules.</summary>
    public long[] Dropped { get; init; } = new long[CleaningRules.All.Count];

    /// <summary>Counts one strike, or several.</summary>
    public void Drop(CleaningRule rule, long count = 1) => Dropped[(int)rule] += count;

    /// <summary>Adds other counts to these.</summary>
    public void Add(CleaningCounts other)
    {
        ArgumentNullException.ThrowIfNull(other);
        PagesIn += other.PagesIn;
        PagesKept += other.PagesKept;
        LinesIn += other.LinesIn;
        LinesKept += other.LinesKept;
        BytesIn += other.BytesIn;
        BytesKept += other.BytesKept;
        for (var i = 0; i < Dropped.Length; i++)
        {
            Dropped[i] += other.Dropped[i];
        }
    }
}
