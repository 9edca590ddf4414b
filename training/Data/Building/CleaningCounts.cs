using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>How much went into the cleaning, came out of it, and was dropped by which rule.</summary>
/// <remarks>Every line and word that comes in is either kept or charged to exactly one rule, so that they can be followed from rule to rule.</remarks>
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

    /// <summary>Words of the pages read: what white space separates.</summary>
    public long WordsIn { get; set; }

    /// <summary>Words kept.</summary>
    public long WordsKept { get; set; }

    /// <summary>Bytes of the lines read, UTF-8.</summary>
    public long BytesIn { get; set; }

    /// <summary>Bytes of the lines kept, UTF-8.</summary>
    public long BytesKept { get; set; }

    /// <summary>How often each rule struck, in the order of the rules and in their units.</summary>
    public long[] Dropped { get; init; } = new long[CleaningRules.All.Count];

    /// <summary>Lines that each rule took away, with their pages or alone.</summary>
    public long[] DroppedLines { get; init; } = new long[CleaningRules.All.Count];

    /// <summary>Words that each rule took away.</summary>
    public long[] DroppedWords { get; init; } = new long[CleaningRules.All.Count];

    /// <summary>Counts strikes of a rule.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="count">How often it struck.</param>
    /// <param name="lines">Lines that go with it.</param>
    /// <param name="words">Words that go with it.</param>
    public void Drop(CleaningRule rule, long count = 1, long lines = 0, long words = 0)
    {
        Dropped[(int)rule] += count;
        DroppedLines[(int)rule] += lines;
        DroppedWords[(int)rule] += words;
    }

    /// <summary>Adds other counts to these.</summary>
    public void Add(CleaningCounts other)
    {
        ArgumentNullException.ThrowIfNull(other);
        PagesIn += other.PagesIn;
        PagesKept += other.PagesKept;
        LinesIn += other.LinesIn;
        LinesKept += other.LinesKept;
        WordsIn += other.WordsIn;
        WordsKept += other.WordsKept;
        BytesIn += other.BytesIn;
        BytesKept += other.BytesKept;
        for (var i = 0; i < Dropped.Length; i++)
        {
            Dropped[i] += other.Dropped[i];
            DroppedLines[i] += other.DroppedLines[i];
            DroppedWords[i] += other.DroppedWords[i];
        }
    }
}
