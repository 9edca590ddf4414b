namespace Orchestrator.Training.Collectives;

/// <summary>The collectives of a world of one rank.</summary>
public sealed unsafe class SoloCommunicator : ICommunicator
{
    private readonly TaskCompletionSource<PeerLostException?> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _aborted;

    /// <inheritdoc/>
    public Task<PeerLostException?> Lost => _lost.Task;

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int WorldSize => 1;

    /// <inheritdoc/>
    public void AllToAll(void* send, ReadOnlySpan<long> sendBytes, void* receive, ReadOnlySpan<long> receiveBytes)
    {
        ThrowIfAborted();
        Buffer.MemoryCopy(send, receive, receiveBytes[0], sendBytes[0]);
    }

    /// <inheritdoc/>
    public void AllGather(void* buffer, ReadOnlySpan<long> bytesByRank) => ThrowIfAborted();

    /// <inheritdoc/>
    public void Broadcast(void* buffer, long bytes, int root) => ThrowIfAborted();

    /// <inheritdoc/>
    public void Barrier() => ThrowIfAborted();

    /// <inheritdoc/>
    public void Abort()
    {
        _aborted = true;
        _lost.TrySetResult(Aborted());
    }

    /// <inheritdoc/>
    public void Dispose() => _lost.TrySetResult(null);

    private static PeerLostException Aborted() => new("A collective call failed: the communicator was aborted.");

    private void ThrowIfAborted()
    {
        if (_aborted)
        {
            throw Aborted();
        }
    }
}
