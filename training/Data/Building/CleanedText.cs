using Orchestrator.Core;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>A page as it goes into a corpus.</summary>
/// <param name="Key">Its URL or place.</param>
/// <param name="Timestamp">When it was fetched; "" where that is not known.</param>
/// <param name="Lines">Its lines.</param>
internal sealed record KeptPage(string Key, string Timestamp, IReadOnlyList<string> Lines);

/// <summary>The text of inputs, cleaned and free of duplicates, on disk in a working folder.</summary>
/// <remarks>Everything is in the order of the inputs, whatever the number of threads. Memory does not grow with the text.</remarks>
internal sealed class CleanedText : IDisposable
{
    private readonly IReadOnlyList<string> _parts;
    private readonly CleaningOptions _options;
    private readonly RuleExamples _examples;
    private readonly BitFile _pageMarks;
    private BitFile? _lineMarks;

    private CleanedText(IReadOnlyList<string> parts, CleaningOptions options, BitFile pageMarks)
    {
        _parts = parts;
        _options = options;
        _examples = new RuleExamples(options.Examples);
        _pageMarks = pageMarks;
    }

    /// <summary>What went in, came out, and was dropped.</summary>
    public CleaningCounts Counts { get; } = new();

    /// <summary>Digests of the input files, in their order.</summary>
    public List<string> InputDigests { get; } = [];

    /// <summary>Where and how records were damaged; the first hundred.</summary>
    public List<string> Damages { get; } = [];

    /// <summary>What was dropped, by rule.</summary>
    public IReadOnlyDictionary<string, List<RuleExample>> Examples => _examples.ByRule;

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
        var cleaner = new PartCleaner(options, folder, progress);
        var (paths, summaries) = (new List<string>(), new List<PartCleaner.Summary>());
        var (done, total) = (0L, files.Sum(file => file.Bytes));
        foreach (var part in PartCleaner.Parts(files))
        {
            var name = $"part-{paths.Count:D5}";
            summaries.Add(cleaner.Find(name) ?? cleaner.Clean(part, name, done, total, cancellationToken));
            paths.Add(cleaner.PathOf(name));
            done += part.Sum(file => file.Bytes);
            progress(new BuildProgress("clean", done, total, "bytes"));
        }

        return Of(paths, summaries, folder, options, progress, cancellationToken);
    }

    /// <summary>The text of parts that are cleaned.</summary>
    /// <param name="parts">Their spools, in the order of the inputs.</param>
    /// <param name="summaries">What their cleaning left.</param>
    /// <param name="folder">The working folder.</param>
    /// <param name="options">How they were cleaned.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static CleanedText Of(
        IReadOnlyList<string> parts, IReadOnlyList<PartCleaner.Summary> summaries, string folder, CleaningOptions options,
        Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        var lines = summaries.Sum(summary => summary.Lines);
        progress(new BuildProgress("deduplicate", 0, lines, "lines"));
        var marks = new Duplicates(parts, options, Path.Combine(folder, "pages"), Path.Combine(folder, "lines"), cancellationToken);
        var pageMarks = marks.Pages(summaries.Sum(summary => summary.Pages));
        var text = new CleanedText(parts, options, pageMarks);
        try
        {
            foreach (var summary in summaries)
            {
                text.InputDigests.AddRange(summary.InputDigests);
                text.Damages.AddRange(summary.Damages.Take(PartCleaner.MaxDamages - text.Damages.Count));
                text._examples.Add(summary.Examples);
            }

            text._lineMarks = marks.Lines(lines, pageMarks);
            text.Judge(folder, done => progress(new BuildProgress("deduplicate", done, lines, "lines")), cancellationToken);
            progress(new BuildProgress("deduplicate", lines, lines, "lines"));
            return text;
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    /// <summary>The pages that are kept, in order.</summary>
    public IEnumerable<KeptPage> Pages() =>
        Placed().Where(placed => placed.Page is not null && !_pageMarks[placed.Number]).Select(placed => Kept(placed).Page);

    public void Dispose()
    {
        _pageMarks.Dispose();
        _lineMarks?.Dispose();
    }

    /// <summary>Every page read, with its number, its first line's number, and what the rules for one page left of it.</summary>
    private IEnumerable<PlacedPage> Placed()
    {
        var (number, line) = (0L, 0L);
        foreach (var part in _parts)
        {
            using var pages = PageSpool.Read(part).GetEnumerator();
            foreach (var entry in PageSpool.ReadIndex(part))
            {
                var page = entry.Lines >= 0 && pages.MoveNext() ? pages.Current : null;
                yield return new PlacedPage(number++, line, entry, page);
                line += Math.Max(0, entry.Lines);
            }
        }
    }

    /// <summary>Applies the rules that need the whole corpus or the text that they leave, and counts.</summary>
    private void Judge(string folder, Action<long> progress, CancellationToken cancellationToken)
    {
        var isEnglish = _options.Applies(CleaningRule.Language) ? new EnglishDetector(_options.EnglishShare) : null;
        using var near = _options.Applies(CleaningRule.NearDuplicate) ? new NearDuplicates(Path.Combine(folder, "near")) : null;
        foreach (var (placed, kept, drop, sketch) in OrderedWork.Map(Placed(), _options.Threads, placed => Look(placed, isEnglish, near), cancellationToken))
        {
            if (_pageMarks[placed.Number])
            {
                Counts.PagesIn++;
                Counts.LinesIn += placed.Entry.Counts.LinesIn;
                Counts.WordsIn += placed.Entry.Counts.WordsIn;
                Counts.BytesIn += placed.Entry.Counts.BytesIn;
                Counts.Drop(CleaningRule.DuplicateUrl, 1, placed.Entry.Counts.LinesIn, placed.Entry.Counts.WordsIn);
                _examples.Add(CleaningRule.DuplicateUrl, placed.Page?.Key ?? "", "");
                continue;
            }

            Counts.Add(placed.Entry.Counts);
            if (placed.Page is null)
            {
                continue;
            }

            Counts.Drop(CleaningRule.DuplicateLine, kept.LostLines.Count, kept.LostLines.Count, kept.LostLines.Sum(line => PageCleaner.Words(line)));
            foreach (var line in _options.Examples > 0 ? kept.LostLines : [])
            {
                _examples.Add(CleaningRule.DuplicateLine, placed.Page.Key, line);
            }

            if (drop is { } rule)
            {
                Drop(placed, kept, rule);
            }
            else
            {
                near?.Add(placed.Number, sketch!);
                Counts.PagesKept++;
                Counts.LinesKept += kept.Page.Lines.Count;
                Counts.WordsKept += kept.Words;
                Counts.BytesKept += kept.Bytes;
            }

            if (placed.Number % 4096 == 0)
            {
                progress(placed.FirstLine);
            }
        }

        if (near is not null)
        {
            DropNearDuplicates(near, cancellationToken);
        }
    }

    private void DropNearDuplicates(NearDuplicates near, CancellationToken cancellationToken)
    {
        using var numbers = near.Find(_options.MemoryBytes, cancellationToken).GetEnumerator();
        var next = numbers.MoveNext() ? numbers.Current : -1;
        foreach (var placed in Placed())
        {
            if (placed.Number == next)
            {
                var kept = Kept(placed);
                Counts.PagesKept--;
                Counts.LinesKept -= kept.Page.Lines.Count;
                Counts.WordsKept -= kept.Words;
                Counts.BytesKept -= kept.Bytes;
                Drop(placed, kept, CleaningRule.NearDuplicate);
                next = numbers.MoveNext() ? numbers.Current : -1;
            }
        }
    }

    private void Drop(PlacedPage placed, KeptText kept, CleaningRule rule)
    {
        _pageMarks.Set(placed.Number);
        Counts.Drop(rule, 1, kept.Page.Lines.Count, kept.Words);
        _examples.Add(rule, placed.Page!.Key, kept.Page.Lines.Count > 0 ? kept.Page.Lines[0] : "");
    }

    private (PlacedPage Placed, KeptText Kept, CleaningRule? Drop, uint[]? Sketch) Look(PlacedPage placed, EnglishDetector? english, NearDuplicates? near)
    {
        if (placed.Page is null || _pageMarks[placed.Number])
        {
            return (placed, KeptText.Nothing, null, null);
        }

        var kept = Kept(placed);
        // A page that had fewer from the beginning is the other rule's.
        if (_options.Applies(CleaningRule.TooFewSentencesLeft) && kept.LostLines.Count > 0 && kept.Sentences < PageCleaner.MinSentences)
        {
            return (placed, kept, CleaningRule.TooFewSentencesLeft, null);
        }

        if (kept.Page.Lines.Count == 0)
        {
            return (placed, kept, CleaningRule.EmptyPage, null);
        }

        if (english is not null && !english.IsEnglish(string.Join('\n', kept.Page.Lines)))
        {
            return (placed, kept, CleaningRule.Language, null);
        }

        return (placed, kept, null, near is null ? null : NearDuplicates.Sketch(kept.Page.Lines));
    }

    private KeptText Kept(PlacedPage placed)
    {
        var page = placed.Page!;
        var (lines, lost) = (new List<string>(page.Lines.Count), new List<string>());
        var (sentences, words, bytes) = (0, 0L, 0L);
        for (var i = 0; i < page.Lines.Count; i++)
        {
            var line = page.Lines[i];
            if (_lineMarks![placed.FirstLine + i])
            {
                lost.Add(line.Text);
                continue;
            }

            lines.Add(line.Text);
            sentences += line.Sentences;
            words += PageCleaner.Words(line.Text);
            bytes += System.Text.Encoding.UTF8.GetByteCount(line.Text) + 1L;
        }

        return new KeptText(new KeptPage(page.Key, page.Timestamp, lines), lost, sentences, words, bytes);
    }

    private sealed record PlacedPage(long Number, long FirstLine, PageSpool.Entry Entry, CleanPage? Page);

    private sealed record KeptText(KeptPage Page, IReadOnlyList<string> LostLines, int Sentences, long Words, long Bytes)
    {
        public static KeptText Nothing { get; } = new(new KeptPage("", "", []), [], 0, 0, 0);
    }
}
