using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Orchestrator.Training.Collectives;

/// <summary>Nearly idle connections between the ranks of a generation, one a pair, by which a network that is cut between two of them is noticed.</summary>
/// <remarks>
/// A byte goes over each of them now and then, and the system gives up a connection whose bytes nobody acknowledges (TCP_USER_TIMEOUT, RFC 5482). It is the
/// other machine's system that acknowledges: a rank that computes for long, saves or stands still is reachable. A connection that ends in any other way is no
/// business of this one: the collectives notice a peer that died.
/// </remarks>
internal sealed class PeerLines : IDisposable
{
    private const int TokenBytes = 16;
    private const int HelloBytes = sizeof(int) + TokenBytes;
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;

    // With the interval of the bytes and the first retransmission before it, a cut is known within 2 s.
    private const int UnacknowledgedMs = 800;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly int _rank;
    private readonly Action<int, TimeSpan> _unreachable;
    private readonly byte[] _token = RandomNumberGenerator.GetBytes(TokenBytes);
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly Socket _listener;

    /// <summary>Waits for the peers of higher rank.</summary>
    /// <param name="rank">This process's place.</param>
    /// <param name="worldSize">The number of ranks.</param>
    /// <param name="host">Name or address of this machine, as the other ranks know it.</param>
    /// <param name="unreachable">Called, on any thread, with a rank that cannot be reached any more and for how long nothing came from it.</param>
    public PeerLines(int rank, int worldSize, string host, Action<int, TimeSpan> unreachable)
    {
        (_rank, _unreachable) = (rank, unreachable);
        var address = Dns.GetHostAddresses(host)[0];
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen(worldSize);
        Record = [.. BitConverter.GetBytes(rank), .. _token, .. BitConverter.GetBytes(((IPEndPoint)_listener.LocalEndPoint!).Port), .. address.GetAddressBytes()];
        _ = AcceptAsync(worldSize);
    }

    /// <summary>What a peer must know to <see cref="Call"/>: rank, token, port and address.</summary>
    public byte[] Record { get; }

    /// <summary>Connects to a peer; one of higher rank calls by itself.</summary>
    /// <param name="record">Its <see cref="Record"/>.</param>
    public void Call(ReadOnlySpan<byte> record)
    {
        var peer = BinaryPrimitives.ReadInt32LittleEndian(record);
        if (peer < _rank)
        {
            var port = BinaryPrimitives.ReadInt32LittleEndian(record[HelloBytes..]);
            var address = new IPAddress(record[(HelloBytes + sizeof(int))..]);
            _ = CallAsync(peer, new IPEndPoint(address, port), [.. BitConverter.GetBytes(_rank), .. record.Slice(sizeof(int), TokenBytes)]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Cancel();
        _listener.Dispose();
        foreach (var socket in _open.Keys)
        {
            socket.Dispose();
        }
    }

    private async Task AcceptAsync(int worldSize)
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptAsync(_ended.Token), worldSize);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The generation is over.
        }
    }

    // A peer says who it is, and that it read where to call; anyone else is let go.
    private async Task AnswerAsync(Socket socket, int worldSize)
    {
        var hello = new byte[HelloBytes];
        var (came, peer) = (0, 0);
        await KeepAsync(socket, () => peer, async () =>
        {
            while (came < hello.Length)
            {
                var count = await socket.ReceiveAsync(hello.AsMemory(came), _ended.Token);
                came = count > 0 ? came + count : throw new OperationCanceledException();
            }

            peer = BinaryPrimitives.ReadInt32LittleEndian(hello);
            if (peer <= _rank || peer >= worldSize || !CryptographicOperations.FixedTimeEquals(hello.AsSpan(sizeof(int)), _token))
            {
                throw new OperationCanceledException();
            }
        });
    }

    private Task CallAsync(int peer, IPEndPoint at, byte[] hello)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        return KeepAsync(socket, () => peer, async () =>
        {
            await socket.ConnectAsync(at, _ended.Token);
            await socket.SendAsync(hello, _ended.Token);
        });
    }

    private async Task KeepAsync(Socket socket, Func<int> peer, Func<Task> greet)
    {
        var heard = Stopwatch.GetTimestamp();
        try
        {
            _open[socket] = true;
            socket.NoDelay = true;
            socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, BitConverter.GetBytes(UnacknowledgedMs));
            await greet();
            var beating = BeatAsync(socket);
            var bytes = new byte[64];
            while (await socket.ReceiveAsync(bytes, _ended.Token) > 0)
            {
                heard = Stopwatch.GetTimestamp();
            }

            // Only one of the two directions is told why the connection ended.
            socket.Dispose();
            await beating;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable)
        {
            if (!_ended.IsCancellationRequested)
            {
                _unreachable(peer(), Stopwatch.GetElapsedTime(heard));
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer left, or this rank does.
        }
        finally
        {
            _open.TryRemove(socket, out _);
            socket.Dispose();
        }
    }

    private async Task BeatAsync(Socket socket)
    {
        using var timer = new PeriodicTimer(s_interval, TimeProvider.System);
        while (await timer.WaitForNextTickAsync(_ended.Token))
        {
            await socket.SendAsync(new byte[1], _ended.Token);
        }
    }
}
