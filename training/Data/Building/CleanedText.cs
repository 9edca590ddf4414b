using System.Text;
using System.Text.Json;
using Orchestrator.Core;

namespace Orchestrator.Training.Data.Building;

/// <summary>The text of inputs, cleaned and free of duplicate lines, on disk in a working folder.</summary>
/// <remarks>
/// Inputs are cleaned in parts of about 256 MB; a part that is complete is not cleaned again when a killed build goes on. Everything
/// is in the order of the inputs, whatever the number of threads.
/// </remarks>
internal sealed class CleanedText
{
    private const long PartBytes = 256L << 20;

    private readonly List<string> _parts = [];
    private ulong[] _pageMarks = [];
    private ulong[] _lineMarks = [];
    private readonly bool _keepsShortPages;

    private CleanedText(bool keepsShortPages) => _keepsShortPages = keepsShortPages;

    /// <summary>What went in, came out, and was dropped.</summary>
    public CleaningCounts Counts { get; } = new();

    /// <summary>Digests of the input files, in their order.</summary>
    public List<string> InputDigests { get; } = [];

    /// <summary>Where and how records were damaged; the first hundred.</summary>
    public List<string> Damages { get; } = [];

    /// <summary>Cleans inputs.</summary>
    /// <param name="files">What to read.</param>
    /// <param name="folder">The working folder; parts that an earlier, killed build completed there are taken over.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="BadInputException">A record is damaged and the options are strict.</exception>
    public static CleanedText Make(
        IReadOnlyList<InputFile> files, string folder, CleaningOptions options, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        var text = new CleanedText(options.SkippedRules.Contains(CleaningRule.TooFewSentences));
        var cleaner = new PageCleaner(options.SkippedRules, options.BlockedWords);
        var total = files.Sum(file => file.Bytes);
        var done = 0L;
        var (pages, lines) = (0L, 0L);
        foreach (var part in Parts(files))
        {
            var path = Path.Combine(folder, $"part-{text._parts.Count:D5}");
            var summary = ReadSummary(path) ?? CleanPart(part, path, cleaner, options, done, total, progress, cancellationToken);
            text._parts.Add(path);
            text.Counts.Add(summary.Counts);
            text.InputDigests.AddRange(summary.InputDigests);
            text.Damages.AddRange(summary.Damages.Take(100 - text.Damages.Count));
            pages += summary.Pages;
            lines += summary.Lines;
            done += part.Sum(file => file.Bytes);
            progress(new BuildProgress("clean", done, total, "bytes"));
        }

        text.DropDuplicates(pages, lines, folder, options, progress, cancellationToken);
        return text;
    }

    /// <summary>The pages that are kept, in order, as (key, lines).</summary>
    public IEnumerable<(string Key, IReadOnlyList<string> Lines)> Pages()
    {
        var (number, line) = (0L, 0L);
        foreach (var page in _parts.SelectMany(PageSpool.Read))
        {
            if (Keep(page, number++, line) is { } kept)
            {
                yield return (page.Key, kept);
            }

            line += page.Lines.Count;
        }
    }

    private static IEnumerable<IReadOnlyList<InputFile>> Parts(IReadOnlyList<InputFile> files)
    {
        var part = new List<InputFile>();
        var bytes = 0L;
        foreach (var file in files)
        {
            part.Add(file);
            bytes += file.Bytes;
            if (bytes >= PartBytes)
            {
                yield return part;
                part = [];
                bytes = 0;
            }
        }

        if (part.Count > 0)
        {
            yield return part;
        }
    }

    private static PartSummary CleanPart(
        IReadOnlyList<InputFile> files, string path, PageCleaner cleaner, CleaningOptions options, long doneBefore, long total,
        Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        var readers = files.Select(file => new PageReader(file)).ToList();
        var counts = new CleaningCounts();
        var damages = new List<string>();
        long pages, lines;
        using (var spool = new PageSpool.Writer(path))
        {
            // The reader runs ahead of the results by a few pages, which is near enough for a display.
            var done = doneBefore;
            IEnumerable<RawPage> Source()
            {
                for (var i = 0; i < readers.Count; i++)
                {
                    foreach (var page in readers[i].Read())
                    {
                        yield return page;
                    }

                    done += files[i].Bytes;
                    progress(new BuildProgress("clean", done, total, "bytes"));
                }
            }

            foreach (var (page, pageCounts, damage) in OrderedWork.Map(Source(), options.Threads, raw => CleanOne(raw, cleaner), cancellationToken))
            {
                if (damage is not null)
                {
                    if (options.Strict)
                    {
                        throw new BadInputException($"input: a damaged record was met ({damage}); repair the file, or leave out --strict to skip such records.");
                    }

                    damages.Add(damage);
                }

                counts.Add(pageCounts);
                if (page is not null)
                {
                    spool.Add(page);
                }
            }

            spool.Complete();
            (pages, lines) = (spool.Pages, spool.Lines);
        }

        var summary = new PartSummary(counts, pages, lines, [.. readers.Select(reader => reader.Digest!)], [.. damages.Take(100)]);
        File.WriteAllBytes(path + ".json.tmp", JsonSerializer.SerializeToUtf8Bytes(summary));
        File.Move(path + ".json.tmp", path + ".json", overwrite: true);
        return summary;
    }

    private static (CleanPage? Page, CleaningCounts Counts, string? Damage) CleanOne(RawPage raw, PageCleaner cleaner)
    {
        var counts = new CleaningCounts();
        if (raw.Damage is not null)
        {
            counts.PagesIn++;
            counts.Drop(CleaningRule.Damaged);
            return (null, counts, raw.Damage);
        }

        var text = raw.Text ?? MainText.Of(Charsets.Decode(raw.Content, raw.Charset));
        return (cleaner.Clean(raw.Key, text, counts), counts, null);
    }

    private static PartSummary? ReadSummary(string path) =>
        File.Exists(path + ".json") ? JsonSerializer.Deserialize<PartSummary>(File.ReadAllBytes(path + ".json")) : null;

    private void DropDuplicates(
        long pages, long lines, string folder, CleaningOptions options, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        progress(new BuildProgress("deduplicate", 0, lines, "lines"));
        ulong[] Find(CleaningRule rule, IEnumerable<UInt128> digests, long count) => options.SkippedRules.Contains(rule)
            ? new ulong[(count + 63) / 64]
            : LineDeduplicator.Find(digests, count, folder, options.MemoryBytes, cancellationToken);
        _pageMarks = Find(CleaningRule.DuplicateUrl, PageDigests(), pages);
        _lineMarks = Find(CleaningRule.DuplicateLine, LineDigests(), lines);
        var (number, line) = (0L, 0L);
        foreach (var page in _parts.SelectMany(PageSpool.Read))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (LineDeduplicator.IsMarked(_pageMarks, number))
            {
                Counts.Drop(CleaningRule.DuplicateUrl);
            }
            else
            {
                Counts.Drop(CleaningRule.DuplicateLine, Enumerable.Range(0, page.Lines.Count).Count(i => LineDeduplicator.IsMarked(_lineMarks, line + i)));
                if (Keep(page, number, line) is { } kept)
                {
                    Counts.PagesKept++;
                    Counts.LinesKept += kept.Count;
                    Counts.BytesKept += kept.Sum(text => Encoding.UTF8.GetByteCount(text) + 1L);
                }
                else
                {
                    Counts.Drop(CleaningRule.TooFewSentencesLeft);
                }
            }

            number++;
            line += page.Lines.Count;
        }

        progress(new BuildProgress("deduplicate", lines, lines, "lines"));
    }

    /// <summary>A digest a page; pages without a URL have one of their own.</summary>
    private IEnumerable<UInt128> PageDigests() =>
        _parts.SelectMany(PageSpool.ReadIndex).Select((page, number) => page.Url == UInt128.Zero ? new UInt128(0, (ulong)number + 1) : page.Url);

    /// <summary>A digest a line; those of pages that are dropped as duplicates have one of their own, so that they take no other line's place.</summary>
    private IEnumerable<UInt128> LineDigests()
    {
        using var digests = _parts.SelectMany(PageSpool.ReadDigests).GetEnumerator();
        var (number, place) = (0L, 0UL);
        foreach (var (_, lines) in _parts.SelectMany(PageSpool.ReadIndex))
        {
            var isDropped = LineDeduplicator.IsMarked(_pageMarks, number++);
            for (var i = 0; i < lines && digests.MoveNext(); i++)
            {
                yield return isDropped ? new UInt128(ulong.MaxValue, place) : digests.Current;
                place++;
            }
        }
    }

    private List<string>? Keep(CleanPage page, long number, long first)
    {
        if (LineDeduplicator.IsMarked(_pageMarks, number))
        {
            return null;
        }

        var kept = new List<string>(page.Lines.Count);
        var sentences = 0;
        for (var i = 0; i < page.Lines.Count; i++)
        {
            if (!LineDeduplicator.IsMarked(_lineMarks, first + i))
            {
                kept.Add(page.Lines[i].Text);
                sentences += page.Lines[i].Sentences;
            }
        }

        return kept.Count == 0 || (sentences < PageCleaner.MinSentences && !_keepsShortPages) ? null : kept;
    }

    private sealed record PartSummary(CleaningCounts Counts, long Pages, long Lines, IReadOnlyList<string> InputDigests, IReadOnlyList<string> Damages);
}

/// <summary>How text is cleaned.</summary>
/// <param name="SkippedRules">Rules that are not applied.</param>
/// <param name="BlockedWords">Words that drop a page, in lower case.</param>
/// <param name="Threads">Working threads.</param>
/// <param name="MemoryBytes">Memory for finding duplicates.</param>
/// <param name="Strict">Whether a damaged record stops it.</param>
internal sealed record CleaningOptions(
    IReadOnlySet<CleaningRule> SkippedRules, IReadOnlyCollection<string> BlockedWords, int Threads, long MemoryBytes, bool Strict)
{
    /// <summary>Reads a block list, one word a line.</summary>
    /// <exception cref="BadInputException">There is no such file.</exception>
    public static IReadOnlyCollection<string> ReadBlockList(string? path)
    {
        if (path is null)
        {
            return [];
        }

        if (!File.Exists(path))
        {
            throw new BadInputException($"block_list: '{path}' does not exist; name a file with one word a line.");
        }

        return [.. File.ReadLines(path).Select(line => line.Trim().ToLowerInvariant()).Where(line => line.Length > 0).Distinct(StringComparer.Ordinal)];
    }
}
