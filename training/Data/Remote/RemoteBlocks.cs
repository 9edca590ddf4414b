using System.Collections.Concurrent;
using System.Security.Cryptography;
using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Training.Data.Building;
using Polly;
using Polly.Retry;

namespace Orchestrator.Training.Data.Remote;

/// <summary>The tokens of a corpus whose shards lie in a store: fetched block by block, checked on arrival, kept in a bounded cache. Thread-safe.</summary>
/// <remarks>A store that does not answer, or answers wrongly, is asked again until it does: who reads waits, and <see cref="OnWaiting"/> has it told why.</remarks>
internal sealed class RemoteBlocks : IDisposable
{
    private const int Parallel = 16;

    private readonly string _url;
    private readonly IObjectStore _store;
    private readonly BlockCache _cache;
    private readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> _digests;
    private readonly Dictionary<string, long> _bytes;
    private readonly ConcurrentDictionary<(string Name, int Number), Lazy<Task>> _coming = new();
    private readonly SemaphoreSlim _room = new(Parallel);
    private readonly CancellationTokenSource _stop = new();
    private readonly ResiliencePipeline _again;
    private readonly Lock _guard = new();
    private readonly Dictionary<(string Name, int Number), string> _missing = [];
    private Action<StoreNews>? _tell;

    /// <summary>Opens the blocks of a corpus folder.</summary>
    /// <exception cref="BadInputException">The folder is not whole.</exception>
    public RemoteBlocks(string folder, CorpusManifest manifest, TimeProvider clock)
    {
        var place = RemoteShards.Load(folder);
        _url = place.Url;
        _digests = BlockDigests.Load(folder, manifest)
            ?? throw new BadInputException($"The file '{Path.Combine(folder, RemoteShards.DigestsFileName)}' does not go with the corpus; make the folder again with 'orchestrator corpus attach'.");
        _bytes = manifest.Files.Where(file => BlockDigests.Covers(file.Name)).ToDictionary(file => file.Name, file => file.Bytes, StringComparer.Ordinal);

        _store = ObjectStores.Open(place);
        _cache = new BlockCache(Path.Combine(folder, ".cache"), (long)place.CacheMegabytes << 20, IsRight);
        _again = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(error => error is not OperationCanceledException || !_stop.IsCancellationRequested),
                MaxRetryAttempts = int.MaxValue,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(30),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .Build();
    }

    /// <summary>Has someone told when the store is waited for, and when it is no more; at once where it is now. Replaces who was told before.</summary>
    public void OnWaiting(Action<StoreNews> tell)
    {
        lock (_guard)
        {
            _tell = tell;
            if (_missing.Count > 0)
            {
                tell(new StoreNews(_url, _missing.Values.First()));
            }
        }
    }

    /// <summary>Ends the waiting: who reads what is not here gets an <see cref="OperationCanceledException"/>.</summary>
    public void StopWaiting() => _stop.Cancel();

    /// <summary>The bytes of a file.</summary>
    public long Length(string name) => _bytes[name];

    /// <summary>Reads bytes, waiting for them where they are not here yet.</summary>
    /// <exception cref="OperationCanceledException">This was disposed.</exception>
    public void Read(string name, long offset, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var (number, start) = ((int)(offset / RemoteShards.BlockBytes), (int)(offset % RemoteShards.BlockBytes));
            var count = Math.Min(bytes.Length, RemoteShards.BlockBytes - start);
            while (!_cache.TryRead(NameOf(name, number), start, bytes[..count]))
            {
                FetchOnce(name, number).GetAwaiter().GetResult();
            }

            bytes = bytes[count..];
            offset += count;
        }
    }

    /// <summary>Has bytes fetched that will be read soon.</summary>
    public void Expect(string name, long offset, int count)
    {
        for (var number = (int)(offset / RemoteShards.BlockBytes); number * (long)RemoteShards.BlockBytes < offset + count; number++)
        {
            if (!_cache.Has(NameOf(name, number)))
            {
                _ = FetchOnce(name, number);
            }
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        Task.WhenAll(_coming.Values.Select(coming => coming.Value)).ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        _store.Dispose();
        _cache.Dispose();
        _room.Dispose();
        _stop.Dispose();
    }

    private static string NameOf(string name, int number) => $"{name}.{number}";

    private Task FetchOnce(string name, int number)
    {
        _stop.Token.ThrowIfCancellationRequested();
        return _coming.GetOrAdd((name, number), key => new Lazy<Task>(() => Task.Run(() => FetchAsync(key.Name, key.Number)))).Value;
    }

    private async Task FetchAsync(string name, int number)
    {
        await _room.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            var bytes = await _again.ExecuteAsync(async stop => await RequireAsync(name, number, stop).ConfigureAwait(false), _stop.Token).ConfigureAwait(false);
            _cache.Add(NameOf(name, number), bytes);
            Came(name, number);
        }
        finally
        {
            _coming.TryRemove((name, number), out _);
            _room.Release();
        }
    }

    private async Task<byte[]> RequireAsync(string name, int number, CancellationToken cancellationToken)
    {
        var offset = number * (long)RemoteShards.BlockBytes;
        var count = (int)Math.Min(RemoteShards.BlockBytes, _bytes[name] - offset);
        try
        {
            var bytes = await _store.ReadAsync(name, offset, count, cancellationToken).ConfigureAwait(false);
            return IsRight(name, number, bytes)
                ? bytes
                : throw new InvalidDataException($"the checksum of bytes {offset} to {offset + count} of {name} is wrong");
        }
        catch (Exception error) when (!_stop.IsCancellationRequested)
        {
            Misses(name, number, error.Message.Split('\n')[0].Trim().TrimEnd('.'));
            throw;
        }
    }

    private bool IsRight(string name, int number, byte[] bytes) =>
        SHA256.HashData(bytes).AsSpan().SequenceEqual(_digests[name].Span.Slice(number * BlockDigests.DigestBytes, BlockDigests.DigestBytes));

    /// <summary>Whether these are the bytes of a block by its name in the cache, which an earlier corpus of the folder may have left.</summary>
    private bool IsRight(string block, byte[] bytes) =>
        block.LastIndexOf('.') is > 0 and var mark && _digests.TryGetValue(block[..mark], out var digests)
        && int.TryParse(block.AsSpan(mark + 1), out var number) && number >= 0 && (number + 1L) * BlockDigests.DigestBytes <= digests.Length
        && IsRight(block[..mark], number, bytes);

    private void Misses(string name, int number, string reason)
    {
        lock (_guard)
        {
            if (_missing.TryAdd((name, number), reason) && _missing.Count == 1)
            {
                _tell?.Invoke(new StoreNews(_url, reason));
            }
        }
    }

    private void Came(string name, int number)
    {
        lock (_guard)
        {
            // One block that comes says nothing of another that is wrong each time.
            if (_missing.Remove((name, number)) && _missing.Count == 0)
            {
                _tell?.Invoke(new StoreNews(_url, null));
            }
        }
    }
}
