using System.Net;
using System.Net.Sockets;
using System.Text;
using Orchestrator.Training.Collectives;

namespace Orchestrator.Tests.Training.Collectives;

/// <summary>An in-process store, open to other processes over TCP. One request a connection: S or G, key, value.</summary>
internal sealed class StoreServer : IDisposable
{
    private readonly InProcessStore _store = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public StoreServer()
    {
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public IRendezvousStore Store => _store;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _ = Task.Factory.StartNew(() => Serve(client), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private void Serve(TcpClient client)
    {
        using (client)
        using (var stream = client.GetStream())
        using (var reader = new BinaryReader(stream))
        using (var writer = new BinaryWriter(stream))
        {
            var (sets, key) = (reader.ReadBoolean(), reader.ReadString());
            if (sets)
            {
                _store.Set(key, reader.ReadBytes(reader.ReadInt32()));
                writer.Write(0);
                return;
            }

            try
            {
                var value = _store.Get(key, TimeSpan.FromMilliseconds(reader.ReadInt64()));
                writer.Write(value.Length);
                writer.Write(value);
            }
            catch (TimeoutException)
            {
                writer.Write(-1);
            }
        }
    }
}

/// <summary>The same store, from another process.</summary>
internal sealed class RemoteStore(int port) : IRendezvousStore
{
    public void Set(string key, ReadOnlySpan<byte> value)
    {
        using var client = new TcpClient("127.0.0.1", port);
        using var writer = new BinaryWriter(client.GetStream(), Encoding.UTF8, leaveOpen: true);
        writer.Write(true);
        writer.Write(key);
        writer.Write(value.Length);
        writer.Write(value);
        writer.Flush();
        using var reader = new BinaryReader(client.GetStream());
        _ = reader.ReadInt32();
    }

    public byte[] Get(string key, TimeSpan timeout)
    {
        using var client = new TcpClient("127.0.0.1", port);
        using var writer = new BinaryWriter(client.GetStream(), Encoding.UTF8, leaveOpen: true);
        writer.Write(false);
        writer.Write(key);
        writer.Write((long)timeout.TotalMilliseconds);
        writer.Flush();
        using var reader = new BinaryReader(client.GetStream());
        var length = reader.ReadInt32();
        return length >= 0 ? reader.ReadBytes(length) : throw new TimeoutException($"Key '{key}' was not set within {timeout}.");
    }

    public void Wait(IReadOnlyList<string> keys, TimeSpan timeout)
    {
        foreach (var key in keys)
        {
            _ = Get(key, timeout);
        }
    }
}
