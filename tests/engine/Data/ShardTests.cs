using Orchestrator.Core;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data;

public sealed class ShardTests
{
    [Fact]
    public void The_index_is_byte_for_byte_what_Megatron_writes()
    {
        using var folder = new TemporaryFolder();
        Write(folder["shard"], 32100, [5, 6, 7], [], [8, 9]);

        // struct.pack and numpy.tobytes of indexed_dataset.py for these three documents.
        byte[] expected =
        [
            (byte)'M', (byte)'M', (byte)'I', (byte)'D', (byte)'I', (byte)'D', (byte)'X', 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0,
            8,
            3, 0, 0, 0, 0, 0, 0, 0,
            4, 0, 0, 0, 0, 0, 0, 0,
            3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
        ];
        Assert.Equal(expected, File.ReadAllBytes(folder["shard.idx"]));
        Assert.Equal([5, 0, 6, 0, 7, 0, 8, 0, 9, 0], File.ReadAllBytes(folder["shard.bin"]));
    }

    [Fact]
    public void A_vocabulary_of_65500_tokens_takes_four_bytes_a_token()
    {
        using var folder = new TemporaryFolder();
        Write(folder["shard"], 65_500, [65_499, 1]);

        Assert.Equal(4, File.ReadAllBytes(folder["shard.idx"])[17]);
        Assert.Equal([0xDB, 0xFF, 0, 0, 1, 0, 0, 0], File.ReadAllBytes(folder["shard.bin"]));
        using var reader = new ShardReader(folder["shard"]);
        Assert.Equal([65_499, 1], reader.Document(0));
    }

    [Fact]
    public void A_stream_reads_across_documents_and_shards()
    {
        using var folder = new TemporaryFolder();
        Write(folder["a"], 1000, [1, 2, 3], [4]);
        Write(folder["b"], 1000, []);
        Write(folder["c"], 1000, [5, 6], [7, 8, 9]);
        using var stream = new TokenStream(new[] { "a", "b", "c" }.Select(name => new ShardReader(folder[name])));

        Assert.Equal(9, stream.TokenCount);
        Assert.Equal(4, stream.DocumentCount);
        Assert.Equal(2, stream.SampleCount(4));
        var sample = new int[4];
        stream.Read(1, sample);
        Assert.Equal([5, 6, 7, 8], sample);
        stream.ReadAt(2, sample);
        Assert.Equal([3, 4, 5, 6], sample);
        Assert.Equal([4], stream.Document(1));
        Assert.Equal([7, 8, 9], stream.Document(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Read(2, sample));
    }

    [Fact]
    public void Bytes_of_a_file_of_tokens_that_shards_share_are_each_shards_own_tokens_or_none()
    {
        using var folder = new TemporaryFolder();
        Write(folder["all"], 1000, [1, 2], [3, 4, 5], [6], [7, 8]);
        using (var all = new ShardReader(folder["all"]))
        {
            all.WriteIndex(folder["middle.idx"], 1, 2);
        }

        File.Copy(folder["all.bin"], folder["middle.bin"]);
        using var middle = new ShardReader(folder["middle"]);
        Assert.Equal((4, 2), (middle.TokenCount, middle.DocumentCount));
        Assert.Equal([3, 4, 5], middle.Document(0));
        Assert.Equal([6], middle.Document(1));
        Assert.Equal(1, middle.DocumentAt(3));
        Assert.Equal(new TokenRange(0, 4), middle.TokensIn(new ByteRange(0, 16)));
        Assert.Equal(new TokenRange(1, 2), middle.TokensIn(new ByteRange(7, 2)));
        Assert.Equal(0, middle.TokensIn(new ByteRange(0, 4)).Count);
        Assert.Equal(0, middle.TokensIn(new ByteRange(12, 4)).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => middle.Read(3, new int[2]));

        File.WriteAllBytes(folder["middle.bin"], File.ReadAllBytes(folder["all.bin"])[..10]);
        Assert.Contains("middle.bin", Assert.Throws<BadInputException>(() => new ShardReader(folder["middle"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_outside_the_vocabulary_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var writer = new ShardWriter(folder["shard"], 100);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add([100]));
    }

    [Fact]
    public void A_file_that_is_no_index_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["shard.idx"], "MMIDIDX but then something else, long enough for a header");
        File.WriteAllBytes(folder["shard.bin"], []);
        Assert.Contains("shard.idx", Assert.Throws<BadInputException>(() => new ShardReader(folder["shard"])).Message, StringComparison.Ordinal);
    }

    private static void Write(string path, int vocabularySize, params int[][] documents)
    {
        using var writer = new ShardWriter(path, vocabularySize);
        foreach (var document in documents)
        {
            writer.Add(document);
        }

        writer.Complete();
    }
}
