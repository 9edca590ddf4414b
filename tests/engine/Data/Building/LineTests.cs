using Orchestrator.Core.Data;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class LineTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("a", new[] { "a" })]
    [InlineData("a\n", new[] { "a" })]
    [InlineData("a\n\nb", new[] { "a", "", "b" })]
    [InlineData("a\r\nb\rc\u2028d\u0085e\ff", new[] { "a", "b", "c", "d", "e", "f" })]
    public void Lines_end_where_Pythons_splitlines_ends_them(string text, string[] lines)
    {
        var found = new List<string>();
        foreach (var range in new LineSplitter(text))
        {
            found.Add(text[range]);
        }

        Assert.Equal(lines, found);
    }

    [Fact]
    public void Through_files_the_same_lines_are_duplicates_as_in_memory()
    {
        // 200,000 lines of 24 bytes each against 96 KB: fifty times the memory.
        var digests = Enumerable.Range(0, 200_000)
            .Select(i => new UInt128(SeededRandom.Mix(SeededRandom.Mix((ulong)i) % 60_000), SeededRandom.Mix((ulong)i) % 60_000)).ToList();
        using var folder = new TemporaryFolder();
        var owned = digests.Select(digest => (digest, 5UL));

        using var inMemory = LineDeduplicator.Find(owned, digests.Count, folder["a"], 1L << 30, CancellationToken.None);
        using var throughFiles = LineDeduplicator.Find(owned, digests.Count, folder["b"], 96 << 10, CancellationToken.None);

        var seen = new HashSet<UInt128>();
        for (var i = 0; i < digests.Count; i++)
        {
            var isDuplicate = !seen.Add(digests[i]);
            Assert.Equal(isDuplicate, inMemory[i]);
            Assert.Equal(isDuplicate, throughFiles[i]);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Of_equal_lines_the_smallest_owner_keeps_its_first()
    {
        using var folder = new TemporaryFolder();
        (UInt128, ulong)[] lines = [(1, 9), (2, 5), (1, 3), (1, 3), (2, 7)];

        using var marks = LineDeduplicator.Find(lines, lines.Length, folder["a"], 1 << 20, CancellationToken.None);

        Assert.Equal([true, false, false, true, true], Enumerable.Range(0, lines.Length).Select(i => marks[i]));
    }

    [Fact]
    public void A_file_that_does_not_fit_is_taken_in_shares()
    {
        // All digests share their leading bits, so that one file holds them all.
        var digests = Enumerable.Range(0, 20_000).Select(i => new UInt128(7, (ulong)(i % 9_000))).ToList();
        using var folder = new TemporaryFolder();

        using var marks = LineDeduplicator.Find(digests.Select(digest => (digest, 0UL)), digests.Count, folder["a"], 48 << 10, CancellationToken.None);

        Assert.All(Enumerable.Range(0, digests.Count), i => Assert.Equal(i >= 9_000, marks[i]));
    }

    [Fact]
    public void A_line_that_repeats_without_end_takes_no_more_memory_than_was_given()
    {
        // Nine in ten are one line: 32 MB of entries, all in one file.
        const int Count = 1_000_000;
        var owned = Enumerable.Range(0, Count).Select(i => (new UInt128(9, i % 10 == 0 ? (ulong)(i % 3_000) : 1), (ulong)(Count - i) / 7));
        using var folder = new TemporaryFolder();
        using var inMemory = LineDeduplicator.Find(owned, Count, folder["a"], 1L << 30, CancellationToken.None);

        var before = GC.GetAllocatedBytesForCurrentThread();
        using var throughFiles = LineDeduplicator.Find(owned, Count, folder["b"], 64 << 10, CancellationToken.None);
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.DoesNotContain(Enumerable.Range(0, Count), i => inMemory[i] != throughFiles[i]);
        Assert.InRange(taken, 0, 4 << 20);
    }
}
