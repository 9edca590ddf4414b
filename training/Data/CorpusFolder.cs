using Orchestrator.Core.Data;
using Orchestrator.Training.Data.Remote;

namespace Orchestrator.Training.Data;

/// <summary>A corpus folder whose tokens are here or in a store.</summary>
internal sealed class CorpusFolder : IDisposable
{
    private readonly RemoteBlocks? _remote;

    /// <summary>Opens a folder.</summary>
    /// <exception cref="Core.BadInputException">It is not whole.</exception>
    public CorpusFolder(string path, CorpusManifest manifest)
    {
        (Path, Manifest) = (path, manifest);
        _remote = RemoteShards.IsAt(path) ? new RemoteBlocks(path, manifest, TimeProvider.System) : null;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>What it holds.</summary>
    public CorpusManifest Manifest { get; }

    /// <summary>The shards of one half, opened.</summary>
    public List<ShardReader> Shards(SplitEntry split) => [.. split.Shards.Select(name => new ShardReader(System.IO.Path.Combine(Path, name), _remote))];

    /// <summary>Has news told about a store that is waited for.</summary>
    public void OnWaiting(Action<StoreNews> tell) => _remote?.OnWaiting(tell);

    /// <summary>Ends the waiting for a store, so that who reads can be stopped.</summary>
    public void StopWaiting() => _remote?.StopWaiting();

    /// <inheritdoc/>
    public void Dispose() => _remote?.Dispose();
}
