using System.Runtime.InteropServices;

namespace Orchestrator.Training.Data.Building;

/// <summary>Finds lines that are on another place too, over any number of lines in bounded memory.</summary>
/// <remarks>
/// Digests are dealt out to files by their leading bits, so that equal ones meet in one file and the different ones of each fit the memory; there
/// they are sorted by (digest, owner, place) and all but the first of each are marked. One bit a line is kept, in a memory-mapped file.
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
            var room = new Entry[Math.Min(capacity, paths.Max(partition => new FileInfo(partition).Length) / EntryBytes)];
            var buffer = new byte[EntryBytes * 8192];
            foreach (var partition in paths)
            {
                MarkFile(partition, room, buffer, marks, cancellationToken);
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

    private static void MarkFile(string path, Entry[] room, byte[] buffer, BitFile marks, CancellationToken cancellationToken)
    {
        // A file whose different digests do not fit is read several times, a share of them each; what was marked by then stays right.
        var shares = new Stack<Share>([new Share(1, 0)]);
        while (shares.TryPop(out var share))
        {
            var parts = MarkShare(path, share, room, buffer, marks, cancellationToken);
            for (var part = 0UL; parts > 1 && part < parts; part++)
            {
                shares.Push(new Share(share.Of * parts, share.Number + (share.Of * part)));
            }
        }
    }

    /// <summary>Marks the duplicates of a share of a file's digests.</summary>
    /// <returns>1, or in how many parts the share is to be taken because its different digests do not fit.</returns>
    private static ulong MarkShare(string path, Share share, Entry[] room, byte[] buffer, BitFile marks, CancellationToken cancellationToken)
    {
        var used = 0;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        int read;
        while ((read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var entry in MemoryMarshal.Cast<byte, Entry>(buffer.AsSpan(0, read)))
            {
                if (share.Of > 1 && entry.Low % share.Of != share.Number)
                {
                    continue;
                }

                // A line may be there any number of times: only the one that stays so far needs to be remembered.
                if (used == room.Length && (used = Mark(room, marks)) > room.Length / 4 * 3)
                {
                    var different = (double)used * file.Length / file.Position;
                    return (ulong)Math.Max(2, Math.Ceiling(different / (room.Length / 2)));
                }

                room[used++] = entry;
            }
        }

        Mark(room.AsSpan(0, used), marks);
        return 1;
    }

    /// <summary>Marks all entries of a digest but the one that stays, and moves those that stay to the front.</summary>
    /// <returns>How many stay.</returns>
    private static int Mark(Span<Entry> entries, BitFile marks)
    {
        entries.Sort(Compare);
        var kept = 0;
        foreach (var entry in entries)
        {
            if (kept > 0 && entry.High == entries[kept - 1].High && entry.Low == entries[kept - 1].Low)
            {
                marks.Set(entry.Place);
            }
            else
            {
                entries[kept++] = entry;
            }
        }

        return kept;
    }

    private static int Compare(Entry a, Entry b) =>
        a.High != b.High ? a.High.CompareTo(b.High) : a.Low != b.Low ? a.Low.CompareTo(b.Low)
        : a.Owner != b.Owner ? a.Owner.CompareTo(b.Owner) : a.Place.CompareTo(b.Place);

    /// <summary>The digests that leave <paramref name="Number"/> when divided by <paramref name="Of"/>.</summary>
    private readonly record struct Share(ulong Of, ulong Number);

    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    private readonly struct Entry(UInt128 digest, ulong owner, long place)
    {
        public readonly ulong High = (ulong)(digest >> 64);
        public readonly ulong Low = (ulong)digest;
        public readonly ulong Owner = owner;
        public readonly long Place = place;
    }
}
