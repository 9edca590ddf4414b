using System.Security.Cryptography;
using Orchestrator.Core.Data;
using Orchestrator.Training.Data.Building;
using Polly;
using Polly.Retry;

namespace Orchestrator.Training.Data.Remote;

/// <summary>Reads the tokens of an attached corpus through its store, to compare them with the manifest. What lies in the cache is left out of it.</summary>
internal sealed class StoredTokens : IDisposable
{
    /// <summary>Blocks that are asked for at a time.</summary>
    private const int Blocks = 16;

    private readonly RemoteShards _place;
    private readonly IObjectStore _store;
    private readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? _digests;
    private readonly ResiliencePipeline _again;

    /// <summary>Opens the store of a folder.</summary>
    /// <exception cref="Core.BadInputException">The folder does not say where its tokens are.</exception>
    public StoredTokens(string folder, TimeProvider clock)
    {
        _place = RemoteShards.Load(folder);
        _store = ObjectStores.Open(_place);
        _digests = BlockDigests.Load(folder, CorpusManifest.Load(folder));
        _again = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(error => error is not OperationCanceledException),
                MaxRetryAttempts = 4,
                Delay = TimeSpan.FromMilliseconds(200),
                BackoffType = DelayBackoffType.Exponential,
            })
            .Build();
    }

    /// <summary>What is wrong with a file of tokens, or null.</summary>
    /// <param name="entry">The file as the manifest has it.</param>
    /// <param name="name">What to call it.</param>
    /// <param name="read">Told how many bytes were read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public CorpusFault? Verify(FileEntry entry, string name, Action<int> read, CancellationToken cancellationToken)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (damaged, digests) = (new List<ByteRange>(), _digests?.GetValueOrDefault(entry.Name) ?? default);
        for (var offset = 0L; offset < entry.Bytes; offset += Blocks * RemoteShards.BlockBytes)
        {
            byte[] bytes;
            var count = (int)Math.Min(Blocks * RemoteShards.BlockBytes, entry.Bytes - offset);
            try
            {
                bytes = _again.ExecuteAsync(async stop => await _store.ReadAsync(entry.Name, offset, count, stop).ConfigureAwait(false), cancellationToken).AsTask().GetAwaiter().GetResult();
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                return new CorpusFault(name, $"it cannot be read from {_place.Url} ({error.Message.Split('\n')[0].Trim().TrimEnd('.')})", []);
            }

            if (bytes.Length < count)
            {
                return new CorpusFault(name, $"it has {offset + bytes.Length} bytes in {_place.Url} and the manifest says {entry.Bytes}", []);
            }

            whole.AppendData(bytes);
            AddDamaged(damaged, bytes, offset, digests.Span);
            read(count);
        }

        return Convert.ToHexStringLower(whole.GetHashAndReset()) == entry.Sha256 ? null : new CorpusFault(
            name, $"its SHA-256 in {_place.Url} is not the manifest's{(damaged.Count > 0 ? $", first in bytes {damaged[0].First} to {damaged[0].Last}" : "")}", damaged);
    }

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();

    private static void AddDamaged(List<ByteRange> damaged, byte[] bytes, long offset, ReadOnlySpan<byte> digests)
    {
        for (var start = 0; start < bytes.Length && !digests.IsEmpty; start += RemoteShards.BlockBytes)
        {
            var block = bytes.AsSpan(start, Math.Min(RemoteShards.BlockBytes, bytes.Length - start));
            var number = (int)((offset + start) / RemoteShards.BlockBytes);
            if (!SHA256.HashData(block).AsSpan().SequenceEqual(digests.Slice(number * BlockDigests.DigestBytes, BlockDigests.DigestBytes)))
            {
                damaged.Add(new ByteRange(offset + start, block.Length));
            }
        }
    }
}
