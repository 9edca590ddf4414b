using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.Training.Data.Building;

/// <summary>Cleaned pages on disk: PATH.pages holds keys and lines, PATH.digests the lines' digests, 16 bytes each, in the same
/// order, and PATH.index each page's digest of its URL and number of lines.</summary>
internal static class PageSpool
{
    /// <summary>Writes pages.</summary>
    public sealed class Writer(string path) : IDisposable
    {
        private readonly BinaryWriter _pages = new(new FileStream(path + ".pages", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 18), Encoding.UTF8);
        private readonly FileStream _digests = new(path + ".digests", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 18);

        private readonly BinaryWriter _index = new(new FileStream(path + ".index", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16));

        /// <summary>Pages written.</summary>
        public long Pages { get; private set; }

        /// <summary>Lines written.</summary>
        public long Lines { get; private set; }

        /// <summary>Appends a page.</summary>
        public void Add(CleanPage page)
        {
            _pages.Write(page.Key);
            _pages.Write7BitEncodedInt(page.Lines.Count);
            foreach (var line in page.Lines)
            {
                _pages.Write7BitEncodedInt(line.Sentences);
                _pages.Write(line.Text);
                var digest = line.Digest;
                _digests.Write(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref digest, 1)));
            }

            var url = PageUrl.Digest(page.Key);
            _index.Write((ulong)(url >> 64));
            _index.Write((ulong)url);
            _index.Write(page.Lines.Count);
            Pages++;
            Lines += page.Lines.Count;
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
    }

    /// <summary>The pages of a spool; their lines' digests are left out.</summary>
    public static IEnumerable<CleanPage> Read(string path)
    {
        using var pages = new BinaryReader(new FileStream(path + ".pages", FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 18), Encoding.UTF8);
        var length = pages.BaseStream.Length;
        while (pages.BaseStream.Position < length)
        {
            var key = pages.ReadString();
            var lines = new CleanLine[pages.Read7BitEncodedInt()];
            for (var i = 0; i < lines.Length; i++)
            {
                var sentences = pages.Read7BitEncodedInt();
                lines[i] = new CleanLine(pages.ReadString(), sentences, default);
            }

            yield return new CleanPage(key, lines);
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

    /// <summary>Each page's digest of its URL, 0 where it has none, and its number of lines.</summary>
    public static IEnumerable<(UInt128 Url, int Lines)> ReadIndex(string path)
    {
        using var index = new BinaryReader(new FileStream(path + ".index", FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16));
        for (var left = index.BaseStream.Length / 20; left > 0; left--)
        {
            yield return (new UInt128(index.ReadUInt64(), index.ReadUInt64()), index.ReadInt32());
        }
    }
}
