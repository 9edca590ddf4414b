using System.Runtime.InteropServices;
using System.Text;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>Pages on disk between the cleaning of each and the search for duplicates among all.</summary>
/// <remarks>PATH.pages holds the pages that the rules left, PATH.digests their lines' digests, 16 bytes each, in the same order, and PATH.index
/// an entry for every page read.</remarks>
internal static class PageSpool
{
    /// <summary>What is remembered of a page read.</summary>
    /// <param name="Digest">See <see cref="PageUrl.Digest"/>.</param>
    /// <param name="IsUrl">Whether it has a URL.</param>
    /// <param name="Lines">Lines that the rules left; -1: none of the page is left.</param>
    /// <param name="Counts">What the rules did with it.</param>
    public sealed record Entry(UInt128 Digest, bool IsUrl, int Lines, CleaningCounts Counts);

    /// <summary>Writes pages.</summary>
    public sealed class Writer(string path) : IDisposable
    {
        private readonly BinaryWriter _pages = new(new FileStream(path + ".pages", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 18), Encoding.UTF8);
        private readonly FileStream _digests = new(path + ".digests", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 18);
        private readonly BinaryWriter _index = new(new FileStream(path + ".index", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16));

        /// <summary>Pages written, those of which nothing is left among them.</summary>
        public long Pages { get; private set; }

        /// <summary>Lines written.</summary>
        public long Lines { get; private set; }

        /// <summary>Appends a page.</summary>
        /// <param name="key">Its URL or place.</param>
        /// <param name="page">What is left of it, or null.</param>
        /// <param name="counts">What the rules did with it.</param>
        public void Add(string key, CleanPage? page, CleaningCounts counts)
        {
            WriteEntry(new Entry(PageUrl.Digest(key), PageUrl.IsUrl(key), page?.Lines.Count ?? -1, counts));
            Pages++;
            if (page is null)
            {
                return;
            }

            Lines += page.Lines.Count;
            _pages.Write(page.Key);
            _pages.Write(page.Timestamp);
            _pages.Write7BitEncodedInt(page.Lines.Count);
            foreach (var line in page.Lines)
            {
                _pages.Write7BitEncodedInt(line.Sentences);
                _pages.Write(line.Text);
                var digest = line.Digest;
                _digests.Write(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref digest, 1)));
            }
        }

        /// <summary>Sends everything to the disk.</summary>
        public void Complete()
        {
            _pages.Flush();
            ((FileStream)_pages.BaseStream).Flush(flushToDisk: true);
            _digests.Flush(flushToDisk: true);
            _index.Flush();
            ((FileStream)_index.BaseStream).Flush(flushToDisk: true);
        }

        public void Dispose()
        {
            _pages.Dispose();
            _digests.Dispose();
            _index.Dispose();
        }

        private void WriteEntry(Entry entry)
        {
            _index.Write((ulong)(entry.Digest >> 64));
            _index.Write((ulong)entry.Digest);
            _index.Write(entry.IsUrl);
            _index.Write7BitEncodedInt(entry.Lines + 1);
            _index.Write7BitEncodedInt64(entry.Counts.LinesIn);
            _index.Write7BitEncodedInt64(entry.Counts.WordsIn);
            _index.Write7BitEncodedInt64(entry.Counts.BytesIn);
            var strikes = CleaningRules.All.Where(rule => entry.Counts.Dropped[(int)rule] > 0).ToList();
            _index.Write((byte)strikes.Count);
            foreach (var rule in strikes)
            {
                _index.Write((byte)rule);
                _index.Write7BitEncodedInt64(entry.Counts.Dropped[(int)rule]);
                _index.Write7BitEncodedInt64(entry.Counts.DroppedLines[(int)rule]);
                _index.Write7BitEncodedInt64(entry.Counts.DroppedWords[(int)rule]);
            }
        }
    }

    /// <summary>The pages of a spool that the rules left; their lines' digests are left out.</summary>
    public static IEnumerable<CleanPage> Read(string path)
    {
        using var pages = new BinaryReader(new FileStream(path + ".pages", FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 18), Encoding.UTF8);
        var length = pages.BaseStream.Length;
        while (pages.BaseStream.Position < length)
        {
            var (key, timestamp) = (pages.ReadString(), pages.ReadString());
            var lines = new CleanLine[pages.Read7BitEncodedInt()];
            for (var i = 0; i < lines.Length; i++)
            {
                var sentences = pages.Read7BitEncodedInt();
                lines[i] = new CleanLine(pages.ReadString(), sentences, default);
            }

            yield return new CleanPage(key, timestamp, lines);
        }
    }

    /// <summary>The digests of a spool's lines.</summary>
    public static IEnumerable<UInt128> ReadDigests(string path)
    {
        using var digests = new FileStream(path + ".digests", FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        var buffer = new byte[1 << 18];
        int read;
        while ((read = digests.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0)
        {
            for (var i = 0; i + 16 <= read; i += 16)
            {
                yield return MemoryMarshal.Read<UInt128>(buffer.AsSpan(i));
            }
        }
    }

    /// <summary>The entries of all pages read.</summary>
    public static IEnumerable<Entry> ReadIndex(string path)
    {
        using var index = new BinaryReader(new FileStream(path + ".index", FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16));
        var length = index.BaseStream.Length;
        while (index.BaseStream.Position < length)
        {
            var digest = new UInt128(index.ReadUInt64(), index.ReadUInt64());
            var isUrl = index.ReadBoolean();
            var lines = index.Read7BitEncodedInt() - 1;
            var counts = new CleaningCounts
            {
                PagesIn = 1,
                LinesIn = index.Read7BitEncodedInt64(),
                WordsIn = index.Read7BitEncodedInt64(),
                BytesIn = index.Read7BitEncodedInt64(),
            };
            for (var strikes = index.ReadByte(); strikes > 0; strikes--)
            {
                counts.Drop(
                    (CleaningRule)index.ReadByte(), index.Read7BitEncodedInt64(), index.Read7BitEncodedInt64(), index.Read7BitEncodedInt64());
            }

            yield return new Entry(digest, isUrl, lines, counts);
        }
    }
}
