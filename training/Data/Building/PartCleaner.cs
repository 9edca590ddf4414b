using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>Cleans inputs in parts of about 256 MB, page by page, into spools; a part that is complete is not cleaned again.</summary>
/// <param name="options">How.</param>
/// <param name="folder">Where the spools go.</param>
/// <param name="progress">Told how far it is.</param>
internal sealed class PartCleaner(CleaningOptions options, string folder, Action<BuildProgress> progress)
{
    /// <summary>Places of damage that are remembered.</summary>
    public const int MaxDamages = 100;

    private const long PartBytes = 256L << 20;

    private readonly PageCleaner _cleaner = new(options.SkippedRules, options.BlockedWords);

    /// <summary>What a part's cleaning left.</summary>
    /// <param name="Pages">Pages read.</param>
    /// <param name="Lines">Lines that the rules left.</param>
    /// <param name="InputDigests">Digests of the input files, in their order.</param>
    /// <param name="Damages">Where and how records were damaged; the first hundred.</param>
    /// <param name="Examples">What was dropped, by rule.</param>
    public sealed record Summary(
        long Pages, long Lines, IReadOnlyList<string> InputDigests, IReadOnlyList<string> Damages, IReadOnlyDictionary<string, List<RuleExample>> Examples);

    /// <summary>The files in parts, in their order.</summary>
    public static IEnumerable<IReadOnlyList<InputFile>> Parts(IReadOnlyList<InputFile> files)
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

    /// <summary>Where a part's spool is, without extension.</summary>
    public string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>What an earlier cleaning left of a part, or null.</summary>
    public Summary? Find(string name)
    {
        var path = PathOf(name) + ".json";
        return File.Exists(path) ? JsonSerializer.Deserialize<Summary>(File.ReadAllBytes(path)) : null;
    }

    /// <summary>Cleans a part.</summary>
    /// <param name="files">Its files.</param>
    /// <param name="name">What to call its spool.</param>
    /// <param name="done">Input bytes cleaned before.</param>
    /// <param name="total">Input bytes in all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="BadInputException">A record is damaged and the options are strict.</exception>
    public Summary Clean(IReadOnlyList<InputFile> files, string name, long done, long total, CancellationToken cancellationToken)
    {
        var readers = files.Select(file => new PageReader(file)).ToList();
        var damages = new List<string>();
        var examples = new RuleExamples(options.Examples);
        long pages, lines;
        using (var spool = new PageSpool.Writer(PathOf(name)))
        {
            // The reader runs ahead of the results by a few pages, which is near enough for a display.
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

            var source = OrderedWork.Ahead(Source(), page => page.Size, cancellationToken);
            foreach (var (raw, page, counts, shown) in OrderedWork.Map(source, options.Threads, CleanOne, cancellationToken, page => page.Size))
            {
                if (raw.Damage is not null)
                {
                    if (options.Strict)
                    {
                        throw new BadInputException($"input: a damaged record was met ({raw.Damage}); repair the file, or leave out --strict to skip such records.");
                    }

                    if (damages.Count < MaxDamages)
                    {
                        damages.Add(raw.Damage);
                    }
                }

                examples.Add(shown.ByRule);
                spool.Add(raw.Key, page, counts);
            }

            spool.Complete();
            (pages, lines) = (spool.Pages, spool.Lines);
        }

        var summary = new Summary(pages, lines, [.. readers.Select(reader => reader.Digest!)], damages, examples.ByRule);
        var path = PathOf(name) + ".json";
        File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(summary));
        File.Move(path + ".tmp", path, overwrite: true);
        return summary;
    }

    private (RawPage Raw, CleanPage? Page, CleaningCounts Counts, RuleExamples Examples) CleanOne(RawPage raw)
    {
        var counts = new CleaningCounts();
        var examples = new RuleExamples(options.Examples);
        if (raw.Damage is not null)
        {
            counts.PagesIn++;
            counts.Drop(CleaningRule.Damaged);
            examples.Add(CleaningRule.Damaged, raw.Key, raw.Damage);
            return (raw, null, counts, examples);
        }

        var text = raw.Text ?? MainText.Of(Charsets.Decode(raw.Content, raw.Charset));
        return (raw with { Content = null, Text = null }, _cleaner.Clean(raw, text, counts, examples), counts, examples);
    }
}
