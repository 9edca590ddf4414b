using System.Security.Cryptography;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>Digests of a corpus's tokens block by block, see <see cref="RemoteShards.DigestsFileName"/>: damage is found where it is, and blocks can be fetched one by one.</summary>
internal sealed class BlockDigests : IDisposable
{
    /// <summary>Bytes of a digest.</summary>
    public const int DigestBytes = 32;

    private readonly MemoryStream _digests = new();

    /// <summary>Whether a file of a corpus holds tokens.</summary>
    public static bool Covers(string name) => name.EndsWith(".bin", StringComparison.Ordinal);

    /// <summary>How many blocks a file has.</summary>
    public static int BlocksOf(long bytes) => checked((int)((bytes + RemoteShards.BlockBytes - 1) / RemoteShards.BlockBytes));

    /// <summary>Reads the next file through.</summary>
    /// <returns>The digest of the whole of it, lower-case hexadecimal.</returns>
    public string Add(Stream content, CancellationToken cancellationToken)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var block in Read(content))
        {
            cancellationToken.ThrowIfCancellationRequested();
            whole.AppendData(block.Span);
            _digests.Write(SHA256.HashData(block.Span));
        }

        return Convert.ToHexStringLower(whole.GetHashAndReset());
    }

    /// <summary>The digests, and behind them the digest of them all.</summary>
    public byte[] ToBytes()
    {
        var digests = _digests.ToArray();
        return [.. digests, .. SHA256.HashData(digests)];
    }

    /// <summary>The digests of a folder; null where it has none, or others than its corpus has blocks.</summary>
    /// <returns>Those of each file, one behind the other.</returns>
    public static IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? Load(string folder, CorpusManifest manifest)
    {
        var path = Path.Combine(folder, RemoteShards.DigestsFileName);
        if (!File.Exists(path))
        {
            return null;
        }

        var digests = File.ReadAllBytes(path);
        var (files, offset) = (new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal), 0L);
        foreach (var file in manifest.Files.Where(file => Covers(file.Name)))
        {
            var bytes = BlocksOf(file.Bytes) * DigestBytes;
            if (offset + bytes > digests.Length)
            {
                return null;
            }

            files[file.Name] = digests.AsMemory((int)offset, bytes);
            offset += bytes;
        }

        return digests.Length == offset + DigestBytes && SHA256.HashData(digests.AsSpan(0, (int)offset)).AsSpan().SequenceEqual(digests.AsSpan((int)offset)) ? files : null;
    }

    /// <summary>The blocks of a file that are not as they were.</summary>
    /// <param name="path">The file.</param>
    /// <param name="digests">The digests of its blocks.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static IReadOnlyList<ByteRange> Damaged(string path, ReadOnlyMemory<byte> digests, CancellationToken cancellationToken)
    {
        using var content = File.OpenRead(path);
        var (damaged, number) = (new List<ByteRange>(), 0);
        foreach (var block in Read(content))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!SHA256.HashData(block.Span).AsSpan().SequenceEqual(digests.Span.Slice(number * DigestBytes, DigestBytes)))
            {
                damaged.Add(new ByteRange(number * (long)RemoteShards.BlockBytes, block.Length));
            }

            number++;
        }

        return damaged;
    }

    /// <inheritdoc/>
    public void Dispose() => _digests.Dispose();

    private static IEnumerable<ReadOnlyMemory<byte>> Read(Stream content)
    {
        var block = new byte[RemoteShards.BlockBytes];
        int read;
        while ((read = content.ReadAtLeast(block, block.Length, throwOnEndOfStream: false)) > 0)
        {
            yield return block.AsMemory(0, read);
        }
    }
}

/// <summary>Bytes [First, First + Count) of a file.</summary>
/// <param name="First">The first byte.</param>
/// <param name="Count">How many.</param>
public readonly record struct ByteRange(long First, long Count)
{
    /// <summary>The last byte.</summary>
    public long Last => First + Count - 1;
}
