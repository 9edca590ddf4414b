using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Orchestrator.Training.Native;

namespace Orchestrator.Training.Collectives;

/// <summary>Collectives over TCP (Gloo), one connection for each pair of ranks. The traffic is plain: isolate its network.</summary>
/// <remarks>
/// A killed peer is noticed at once by every rank with a call under way, and by the others at their next call; one that the network does not reach any more
/// within 2 s (see <see cref="PeerLines"/>); a stopped one by the time-out. A communicator that has failed is disposed, and the survivors meet again under
/// another prefix.
/// </remarks>
public sealed unsafe class GlooCommunicator : ICommunicator
{
    private readonly MeshHandle _mesh;
    private readonly TaskCompletionSource<PeerLostException?> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _watch;
    private readonly PeerLines _lines;
    private Unreachable? _unreachable;

    /// <summary>Meets the other ranks through the store and connects to each; returns when all are connected.</summary>
    /// <param name="store">Where ranks publish their addresses.</param>
    /// <param name="rank">This process's place, 0 to <paramref name="worldSize"/> - 1.</param>
    /// <param name="worldSize">The number of ranks, at least 2.</param>
    /// <param name="prefix">Of the keys in the store; never used before, so it names the run and the generation.</param>
    /// <param name="timeout">How long a call waits for a peer, and how long this waits for each of them.</param>
    /// <param name="host">Name or address under which the other ranks reach this process.</param>
    /// <param name="cancellationToken">Ends the wait for the others.</param>
    /// <exception cref="PeerLostException">A rank did not come in time.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    /// <exception cref="InvalidOperationException"><paramref name="host"/> is no address of this machine.</exception>
    public GlooCommunicator(
        IRendezvousStore store,
        int rank,
        int worldSize,
        string prefix,
        TimeSpan timeout,
        string host = "127.0.0.1",
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, worldSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.FromMilliseconds(1));
        (Rank, WorldSize) = (rank, worldSize);

        Check(MeshLibrary.Create(rank, worldSize, host, (long)timeout.TotalMilliseconds, out _mesh));
        _lines = new PeerLines(rank, worldSize, host, Cut);
        try
        {
            Connect(new StoreBridge(store, _lines, timeout, cancellationToken), prefix, cancellationToken);
        }
        catch
        {
            _lines.Dispose();
            _mesh.Dispose();
            throw;
        }

        _watch = new Thread(Watch) { IsBackground = true, Name = "peer watch" };
        _watch.Start();
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int WorldSize { get; }

    /// <inheritdoc/>
    public Task<PeerLostException?> Lost => _lost.Task;

    /// <inheritdoc/>
    public void AllToAll(void* send, ReadOnlySpan<long> sendBytes, void* receive, ReadOnlySpan<long> receiveBytes)
    {
        RequireSizes(sendBytes, nameof(sendBytes));
        RequireSizes(receiveBytes, nameof(receiveBytes));
        if (sendBytes[Rank] != receiveBytes[Rank])
        {
            throw new ArgumentException($"The own piece has {sendBytes[Rank]} bytes to send and {receiveBytes[Rank]} to receive.", nameof(receiveBytes));
        }

        fixed (long* sends = sendBytes)
        fixed (long* receives = receiveBytes)
        {
            Check(MeshLibrary.AllToAll(_mesh, send, sends, receive, receives));
        }
    }

    /// <inheritdoc/>
    public void AllGather(void* buffer, ReadOnlySpan<long> bytesByRank)
    {
        RequireSizes(bytesByRank, nameof(bytesByRank));
        fixed (long* bytes = bytesByRank)
        {
            Check(MeshLibrary.AllGather(_mesh, buffer, bytes));
        }
    }

    /// <inheritdoc/>
    public void Broadcast(void* buffer, long bytes, int root)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfNegative(root);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(root, WorldSize);
        Check(MeshLibrary.Broadcast(_mesh, buffer, bytes, root));
    }

    /// <inheritdoc/>
    public void Barrier() => Check(MeshLibrary.Barrier(_mesh));

    /// <inheritdoc/>
    public void Abort()
    {
        try
        {
            MeshLibrary.Abort(_mesh, "the communicator was aborted");
        }
        catch (ObjectDisposedException)
        {
            // Nothing is left to abort.
        }
    }

    /// <summary>Closes the connections, after a word to the peers that this is no failure.</summary>
    public void Dispose()
    {
        if (_mesh.IsClosed)
        {
            return;
        }

        _lines.Dispose();
        MeshLibrary.Retire(_mesh);
        _watch.Join();
        _mesh.Dispose();
    }

    private void Cut(int peer, TimeSpan silence)
    {
        Interlocked.CompareExchange(ref _unreachable, new Unreachable(peer, silence), null);
        Abort();
    }

    // Native code notices a broken connection on a thread of its own; this one carries the news.
    private void Watch()
    {
        var status = MeshLibrary.AwaitLoss(_mesh);
        _lost.TrySetResult(status == MeshLibrary.PeerLost ? Failure() : null);
    }

    private void Connect(StoreBridge bridge, string prefix, CancellationToken cancellationToken)
    {
        var state = GCHandle.Alloc(bridge);
        try
        {
            using var registration = cancellationToken.Register(Abort);
            var status = MeshLibrary.Connect(
                _mesh, prefix, (void*)GCHandle.ToIntPtr(state), &MeshLibrary.StoreSet, &MeshLibrary.StoreGet);
            if (status != MeshLibrary.Done)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (status == MeshLibrary.StoreFailed && bridge.Failure is TimeoutException late)
            {
                throw new PeerLostException($"A rank did not come within {bridge.Timeout}: {late.Message}", inner: late);
            }

            if (status == MeshLibrary.StoreFailed && bridge.Failure is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }

            Check(status);
        }
        finally
        {
            state.Free();
        }
    }

    private void Check(int status)
    {
        if (status == MeshLibrary.Done)
        {
            return;
        }

        throw status == MeshLibrary.PeerLost ? Failure() : new InvalidOperationException($"The collectives failed: {LastError(out _)}.");
    }

    private PeerLostException Failure()
    {
        if (_unreachable is { } cut)
        {
            return new PeerLostException($"rank {cut.Rank} cannot be reached: nothing came from it for {cut.Silence.TotalSeconds:0.0} s.", cut.Rank) { Silence = cut.Silence };
        }

        var text = LastError(out var rank);
        return new PeerLostException($"A collective call failed: {text}.", rank);
    }

    private static string LastError(out int rank) => Marshal.PtrToStringUTF8((nint)MeshLibrary.Error(out rank)) ?? "";

    private void RequireSizes(ReadOnlySpan<long> bytes, string name)
    {
        if (bytes.Length != WorldSize)
        {
            throw new ArgumentException($"There are {bytes.Length} sizes for {WorldSize} ranks.", name);
        }

        foreach (var count in bytes)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count, name);
        }
    }

    private sealed record Unreachable(int Rank, TimeSpan Silence);
}
