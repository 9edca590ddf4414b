using System.Numerics;
using System.Runtime.InteropServices;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>Finds pages much like an earlier one: MinHash over five-word shingles, 14 bands of 8 (Broder 1997; Penedo et al. 2024, section 3).</summary>
/// <remarks>Two pages that share a share s of their shingles meet with probability 1 - (1 - s^8)^14: 77 % at 0.75, 6 % at 0.5. Memory is that of the
/// search for equal lines: bands are digests on disk.</remarks>
/// <param name="path">The beginning of its files' names.</param>
internal sealed class NearDuplicates(string path) : IDisposable
{
    private const int Bands = 14;
    private const int Rows = 8;
    private const int Hashes = Bands * Rows;
    private const int ShingleWords = 5;

    private static readonly uint[] s_factors = [.. Enumerable.Range(0, Hashes).Select(i => (uint)SeededRandom.Mix((ulong)i + 1) | 1)];
    private static readonly uint[] s_offsets = [.. Enumerable.Range(0, Hashes).Select(i => (uint)(SeededRandom.Mix((ulong)i + 1) >> 32))];

    private readonly FileStream _bands = new(path + ".bands", FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    private readonly FileStream _numbers = new(path + ".numbers", FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    private long _pages;

    /// <summary>The smallest hash of a page's shingles, for each hash function.</summary>
    public static uint[] Sketch(IReadOnlyList<string> lines)
    {
        var smallest = new uint[Hashes];
        Array.Fill(smallest, uint.MaxValue);
        Span<ulong> words = stackalloc ulong[ShingleWords];
        var count = 0;
        foreach (var line in lines)
        {
            foreach (var range in line.AsSpan().Split(' '))
            {
                var word = line.AsSpan()[range];
                if (!word.IsEmpty)
                {
                    words[count++ % ShingleWords] = HashOf(word);
                    if (count >= ShingleWords)
                    {
                        Take(smallest, Shingle(words, count));
                    }
                }
            }
        }

        if (count < ShingleWords)
        {
            Take(smallest, Shingle(words[..count], 0));
        }

        return smallest;
    }

    /// <summary>Adds a page.</summary>
    public void Add(long number, uint[] sketch)
    {
        Span<ulong> digest = stackalloc ulong[2];
        for (var band = 0; band < Bands; band++)
        {
            (digest[0], digest[1]) = ((ulong)band, ~(ulong)band);
            foreach (var value in sketch.AsSpan(band * Rows, Rows))
            {
                digest[0] = SeededRandom.Mix(digest[0] ^ value);
                digest[1] = SeededRandom.Mix(digest[1] + value);
            }

            _bands.Write(MemoryMarshal.AsBytes(digest));
        }

        _numbers.Write(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref number, 1)));
        _pages++;
    }

    /// <summary>The numbers of the pages that share a band with an earlier one, in their order.</summary>
    public IEnumerable<long> Find(long memoryBytes, CancellationToken cancellationToken)
    {
        using var marks = LineDeduplicator.Find(Read<UInt128>(_bands).Select(digest => (digest, 0UL)), _pages * Bands, path, memoryBytes, cancellationToken);
        var place = 0L;
        foreach (var number in Read<long>(_numbers))
        {
            var isNear = false;
            for (var band = 0; band < Bands; band++)
            {
                isNear |= marks[place++];
            }

            if (isNear)
            {
                yield return number;
            }
        }
    }

    public void Dispose()
    {
        _bands.Dispose();
        _numbers.Dispose();
        File.Delete(path + ".bands");
        File.Delete(path + ".numbers");
    }

    private static IEnumerable<T> Read<T>(FileStream file)
        where T : unmanaged
    {
        file.Position = 0;
        var buffer = new byte[Marshal.SizeOf<T>() * 4096];
        int read;
        while ((read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0)
        {
            foreach (var value in MemoryMarshal.Cast<byte, T>(buffer.AsSpan(0, read)).ToArray())
            {
                yield return value;
            }
        }
    }

    private static ulong HashOf(ReadOnlySpan<char> word)
    {
        // FNV-1a over lower-case characters.
        var hash = 14695981039346656037;
        foreach (var character in word)
        {
            hash = (hash ^ char.ToLowerInvariant(character)) * 1099511628211;
        }

        return hash;
    }

    /// <summary>The hash of the last words; <paramref name="next"/> is where the oldest of them is in the ring.</summary>
    private static uint Shingle(ReadOnlySpan<ulong> words, int next)
    {
        var hash = 0UL;
        for (var i = 0; i < words.Length; i++)
        {
            hash = SeededRandom.Mix(hash ^ words[(next + i) % words.Length]);
        }

        return (uint)(hash >> 32);
    }

    private static void Take(uint[] smallest, uint shingle)
    {
        // Hot: 112 hash functions a word.
        var value = new Vector<uint>(shingle);
        var i = 0;
        for (; i + Vector<uint>.Count <= Hashes; i += Vector<uint>.Count)
        {
            var hash = (value * new Vector<uint>(s_factors, i)) + new Vector<uint>(s_offsets, i);
            Vector.Min(new Vector<uint>(smallest, i), hash).CopyTo(smallest, i);
        }

        for (; i < Hashes; i++)
        {
            smallest[i] = Math.Min(smallest[i], unchecked((shingle * s_factors[i]) + s_offsets[i]));
        }
    }
}
