namespace Orchestrator.Training.Collectives;

/// <summary>The collectives of one generation's ranks. Every call is made by every rank in the same order.</summary>
/// <remarks>
/// Not thread-safe except <see cref="Abort"/>, which any thread may call at any time. A peer's death, a time-out or an abort
/// surfaces as <see cref="PeerLostException"/> in every survivor; the communicator is then unusable and is disposed.
/// Buffers are unmanaged memory and must stay where they are until the call returns.
/// </remarks>
public unsafe interface ICommunicator : IDisposable
{
    /// <summary>This process's place, 0 to <see cref="WorldSize"/> - 1.</summary>
    int Rank { get; }

    /// <summary>The number of ranks.</summary>
    int WorldSize { get; }

    /// <summary>Ends as soon as a peer is found missing or the communicator is aborted, whatever the ranks do meanwhile; with null when it is disposed first. Never faults.</summary>
    Task<PeerLostException?> Lost { get; }

    /// <summary>Sends to each rank its piece of <paramref name="send"/> and receives one from each, pieces laid end to end in rank order.</summary>
    /// <param name="send">Sum of <paramref name="sendBytes"/> bytes.</param>
    /// <param name="sendBytes">By rank; the own piece is copied.</param>
    /// <param name="receive">Sum of <paramref name="receiveBytes"/> bytes.</param>
    /// <param name="receiveBytes">By rank; must equal what that rank sends here.</param>
    void AllToAll(void* send, ReadOnlySpan<long> sendBytes, void* receive, ReadOnlySpan<long> receiveBytes);

    /// <summary>Every rank's piece, laid end to end in rank order, in every rank. In place: the own piece already lies at its offset.</summary>
    void AllGather(void* buffer, ReadOnlySpan<long> bytesByRank);

    /// <summary>Copies <paramref name="bytes"/> bytes from <paramref name="root"/> to every rank.</summary>
    void Broadcast(void* buffer, long bytes, int root);

    /// <summary>Returns when every rank has called.</summary>
    void Barrier();

    /// <summary>Makes every pending and later call fail at once. Never blocks.</summary>
    void Abort();
}

/// <summary>A peer died, was too late, or the communicator was aborted. The rank's own state is as before the step.</summary>
public sealed class PeerLostException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, with the native text.</param>
    /// <param name="rank">The rank that was found missing, or -1 where that is not known.</param>
    /// <param name="inner">The cause.</param>
    public PeerLostException(string message, int rank = -1, Exception? inner = null)
        : base(message, inner) => Rank = rank;

    /// <summary>The rank that was found missing, or -1.</summary>
    public int Rank { get; }

    /// <summary>Where the network between this rank and the one that was found missing passes nothing: for how long nothing had come from it. Null where it died, was late or left.</summary>
    public TimeSpan? Silence { get; init; }
}

/// <summary>The key-value store by which the ranks of one generation find each other. Calls block.</summary>
public interface IRendezvousStore
{
    /// <summary>Sets a key.</summary>
    void Set(string key, ReadOnlySpan<byte> value);

    /// <summary>The key's value, waiting for it.</summary>
    /// <exception cref="TimeoutException">It did not come in time.</exception>
    byte[] Get(string key, TimeSpan timeout);

    /// <summary>Returns when all keys are there.</summary>
    /// <exception cref="TimeoutException">They did not come in time.</exception>
    void Wait(IReadOnlyList<string> keys, TimeSpan timeout);
}
