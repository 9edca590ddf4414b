using System.Runtime.InteropServices;

namespace Orchestrator.Training.Data.Building;

/// <summary>Finds lines that are on another place too, over any number of lines in bounded memory.</summary>
/// <remarks>
/// Digests are dealt out to files by their leading bits, so that equal ones meet in one file and each file fits the memory; there they
/// are sorted by (digest, owner, place) and all but the first of each are marked. One bit a line is kept, in a memory-mapped file.
/// </remarks>
internal static class LineDeduplicator
{
    private const int EntryBytes = 32;
    private const int MaxPartitions = 256;

    /// <summary>Marks duplicates.</summary>
    /// <param name="digests">The lines' digests in the corpus's order, each with its owner: of equal lines the smallest owner's stays, of one owner's the first.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="path">Where files may be put: this is their names' beginning.</param>
    /// <param name="memoryBytes">How much memory the sorting may take.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A bit a line, set where an equal line stays elsewhere.</returns>
    public static BitFile Find(
        IEnumerable<(UInt128 Digest, ulong Owner)> digests, long count, string path, long memoryBytes, CancellationToken cancellationToken)
    {
        var marks = new BitFile(path + ".marks", count);
        try
        {
            Find(digests, count, path, Math.Max(1024, memoryBytes / EntryBytes), marks, cancellationToken);
            return marks;
        }
        catch
        {
            marks.Dispose();
            throw;
        }
    }

    private static void Find(
        IEnumerable<(UInt128 Digest, ulong Owner)> digests, long count, string path, long capacity, BitFile marks, CancellationToken cancellationToken)
    {
        if (count <= capacity)
        {
            var entries = new Entry[count];
            var place = 0L;
            foreach (var (digest, owner) in digests)
            {
                entries[place] = new Entry(digest, owner, place);
                place++;
            }

            Mark(entries, marks);
            return;
        }

        var partitions = (int)Math.Min(MaxPartitions, System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)((2 * count / capacity) + 1)));
        var paths = Enumerable.Range(0, partitions).Select(i => $"{path}-{i:D3}.partition").ToArray();
        try
        {
            Deal(digests, paths, cancellationToken);
            foreach (var partition in paths)
            {
                cancellationToken.ThrowIfCancellationRequested();
                MarkFile(partition, capacity, marks, cancellationToken);
            }
        }
        finally
        {
            Array.ForEach(paths, File.Delete);
        }
    }

    private static void Deal(IEnumerable<(UInt128 Digest, ulong Owner)> digests, string[] paths, CancellationToken cancellationToken)
    {
        var shift = 128 - System.Numerics.BitOperations.Log2((uint)paths.Length);
        var files = paths.Select(path => new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 14)).ToArray();
        try
        {
            var place = 0L;
            foreach (var (digest, owner) in digests)
            {
                var entry = new Entry(digest, owner, place++);
                files[(int)(uint)(digest >> shift)].Write(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref entry, 1)));
                if ((place & 0xFFFFF) == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            Array.ForEach(files, file => file.Dispose());
        }
    }

    private static void MarkFile(string path, long capacity, BitFile marks, CancellationToken cancellationToken)
    {
        // A file that does not fit is read several times, a share of its digests each.
        var count = new FileInfo(path).Length / EntryBytes;
        var passes = (ulong)((count + capacity - 1) / capacity);
        for (var pass = 0UL; pass < passes; pass++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var entries = new List<Entry>((int)Math.Min(count, capacity));
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
            var buffer = new byte[EntryBytes * 8192];
            int read;
            while ((read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0)
            {
                foreach (var entry in MemoryMarshal.Cast<byte, Entry>(buffer.AsSpan(0, read)))
                {
                    if (passes == 1 || entry.Low % passes == pass)
                    {
                        entries.Add(entry);
                    }
                }
            }

            Mark(CollectionsMarshal.AsSpan(entries), marks);
        }
    }

    private static void Mark(Span<Entry> entries, BitFile marks)
    {
        entries.Sort(Compare);
        for (var i = 1; i < entries.Length; i++)
        {
            if (entries[i].High == entries[i - 1].High && entries[i].Low == entries[i - 1].Low)
            {
                marks.Set(entries[i].Place);
            }
        }
    }

    private static int Compare(Entry a, Entry b) =>
        a.High != b.High ? a.High.CompareTo(b.High) : a.Low != b.Low ? a.Low.CompareTo(b.Low)
        : a.Owner != b.Owner ? a.Owner.CompareTo(b.Owner) : a.Place.CompareTo(b.Place);

    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    private readonly struct Entry(UInt128 digest, ulong owner, long place)
    {
        public readonly ulong High = (ulong)(digest >> 64);
        public readonly ulong Low = (ulong)digest;
        public readonly ulong Owner = owner;
        public readonly long Place = place;
    }
}
