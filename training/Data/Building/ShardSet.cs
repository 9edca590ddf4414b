using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>Writes one half of a corpus over as many shards as it takes.</summary>
/// <param name="folder">Where.</param>
/// <param name="name">train or validation.</param>
/// <param name="vocabularySize">Pieces and sentinels.</param>
/// <param name="shardTokens">A shard ends with the document that reaches this.</param>
internal sealed class ShardSet(string folder, string name, int vocabularySize, long shardTokens) : IDisposable
{
    private readonly List<string> _shards = [];
    private ShardWriter? _writer;
    private long _documents;
    private long _tokens;
    private long _bytes;

    /// <summary>Appends a document.</summary>
    public void Add(ReadOnlySpan<int> tokens, long bytes)
    {
        _writer ??= Open();
        _writer.Add(tokens);
        _documents++;
        _tokens += tokens.Length;
        _bytes += bytes;
        if (_writer.Tokens >= shardTokens)
        {
            Close();
        }
    }

    /// <summary>Ends the last shard.</summary>
    public SplitEntry Complete()
    {
        Close();
        return new SplitEntry(_documents, _tokens, _bytes, _shards);
    }

    public void Dispose() => _writer?.Dispose();

    private ShardWriter Open()
    {
        _shards.Add($"{name}-{_shards.Count:D5}");
        return new ShardWriter(Path.Combine(folder, _shards[^1]), vocabularySize);
    }

    private void Close()
    {
        _writer?.Complete();
        _writer?.Dispose();
        _writer = null;
    }
}
