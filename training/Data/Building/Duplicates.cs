using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>Marks duplicate pages and lines of spools.</summary>
/// <param name="parts">The spools, in the order of the inputs.</param>
/// <param name="options">Which rules are applied, and how much memory it may take.</param>
/// <param name="pagesPath">Where files for pages may be put.</param>
/// <param name="linesPath">Where files for lines may be put.</param>
/// <param name="cancellationToken">Stops it.</param>
internal sealed class Duplicates(
    IReadOnlyList<string> parts, CleaningOptions options, string pagesPath, string linesPath, CancellationToken cancellationToken)
{
    /// <summary>Of pages with one URL all but the first are marked.</summary>
    public BitFile Pages(long count) => options.Applies(CleaningRule.DuplicateUrl)
        ? LineDeduplicator.Find(PageDigests(), count, pagesPath, options.MemoryBytes, cancellationToken)
        : new BitFile(pagesPath + ".marks", count);

    /// <summary>Of equal lines all are marked but that of the page with the smallest digest; a page's own count once.</summary>
    /// <param name="count">How many lines there are.</param>
    /// <param name="pages">Marked pages take no line from another.</param>
    public BitFile Lines(long count, BitFile pages) => options.Applies(CleaningRule.DuplicateLine)
        ? LineDeduplicator.Find(LineDigests(pages), count, linesPath, options.MemoryBytes, cancellationToken)
        : new BitFile(linesPath + ".marks", count);

    private IEnumerable<(UInt128, ulong)> PageDigests() => parts.SelectMany(PageSpool.ReadIndex)
        .Select((entry, number) => (entry.IsUrl ? entry.Digest : new UInt128(0, (ulong)number + 1), 0UL));

    private IEnumerable<(UInt128, ulong)> LineDigests(BitFile pages)
    {
        using var digests = parts.SelectMany(PageSpool.ReadDigests).GetEnumerator();
        var (number, place) = (0L, 0UL);
        foreach (var entry in parts.SelectMany(PageSpool.ReadIndex))
        {
            var isDropped = pages[number++];
            for (var i = 0; i < entry.Lines && digests.MoveNext(); i++)
            {
                yield return isDropped ? (new UInt128(ulong.MaxValue, place), 0) : (digests.Current, (ulong)(entry.Digest >> 64));
                place++;
            }
        }
    }
}
