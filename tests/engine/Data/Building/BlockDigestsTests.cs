using System.Security.Cryptography;
using Orchestrator.Core.Data;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class BlockDigestsTests : IDisposable
{
    private const int Block = RemoteShards.BlockBytes;

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _bytes = new byte[(3 * Block) + 10];

    public BlockDigestsTests() => new Random(5).NextBytes(_bytes);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, 0, Block)]
    [InlineData((2 * Block) - 1, Block, Block)]
    [InlineData((3 * Block) + 9, 3 * Block, 10)]
    public void A_changed_byte_is_found_in_its_block(int changed, int first, int count)
    {
        var digests = Written();
        Assert.Empty(BlockDigests.Damaged(_folder["train-00000.bin"], digests["train-00000.bin"], CancellationToken.None));
        _bytes[changed] ^= 1;
        File.WriteAllBytes(_folder["train-00000.bin"], _bytes);

        Assert.Equal([new ByteRange(first, count)], BlockDigests.Damaged(_folder["train-00000.bin"], digests["train-00000.bin"], CancellationToken.None));
    }

    [Fact]
    public void Digests_that_were_changed_or_are_of_another_corpus_tell_nothing()
    {
        Written();
        var path = _folder[RemoteShards.DigestsFileName];
        var bytes = File.ReadAllBytes(path);

        File.WriteAllBytes(path, bytes[BlockDigests.DigestBytes..]);
        Assert.Null(BlockDigests.Load(_folder.Path, Manifest()));
        bytes[40] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Null(BlockDigests.Load(_folder.Path, Manifest()));
        File.Delete(path);
        Assert.Null(BlockDigests.Load(_folder.Path, Manifest()));
    }

    private IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Written()
    {
        File.WriteAllBytes(_folder["train-00000.bin"], _bytes);
        using var digests = new BlockDigests();
        using (var content = File.OpenRead(_folder["train-00000.bin"]))
        {
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(_bytes)), digests.Add(content, CancellationToken.None));
        }

        File.WriteAllBytes(_folder[RemoteShards.DigestsFileName], digests.ToBytes());
        var loaded = BlockDigests.Load(_folder.Path, Manifest());
        Assert.NotNull(loaded);
        return loaded;
    }

    private CorpusManifest Manifest() => new()
    {
        Fingerprint = "",
        Vocabulary = new VocabularyEntry("", 300),
        Train = new SplitEntry(1, _bytes.Length / 2, 1, ["train-00000"]),
        Validation = new SplitEntry(0, 0, 0, []),
        Files = [new FileEntry("train-00000.bin", _bytes.Length, ""), new FileEntry("train-00000.idx", 54, "")],
    };
}
