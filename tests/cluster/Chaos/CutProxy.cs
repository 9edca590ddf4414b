using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Tests.Cluster.Chaos;

/// <summary>A network between one worker and the coordinator that a test can cut: connections break, or nothing arrives any more.</summary>
internal sealed class CutProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _ended = new();
    private readonly IPEndPoint _target;
    private readonly Lock _gate = new();
    private readonly List<Socket> _open = [];
    private readonly Task _accepting;
    private TaskCompletionSource _flows = Done();
    private bool _refuses;

    /// <param name="target">The coordinator.</param>
    /// <param name="near">An address of this process that the worker reaches.</param>
    public CutProxy(Uri target, IPAddress near)
    {
        _listener = new TcpListener(near, 0);
        _target = new IPEndPoint(IPAddress.Loopback, target.Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where the worker finds the coordinator.</summary>
    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    /// <summary>Breaks every connection and refuses new ones.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _refuses = true;
            _open.ForEach(socket => socket.Dispose());
            _open.Clear();
        }
    }

    /// <summary>Nothing arrives any more, and nobody is told.</summary>
    public void Stall()
    {
        lock (_gate)
        {
            _flows = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>The network is whole again.</summary>
    public void Mend()
    {
        lock (_gate)
        {
            _refuses = false;
            _flows.TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        Mend();
        Cut();
        await _accepting;
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        var pumping = new List<Task>();
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync(_ended.Token);
                pumping.Add(ServeAsync(near));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(pumping);
        }
    }

    private async Task ServeAsync(Socket near)
    {
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (near)
        {
            near.NoDelay = true;
            lock (_gate)
            {
                if (_refuses)
                {
                    return;
                }

                _open.AddRange([near, far]);
            }

            try
            {
                await far.ConnectAsync(_target, _ended.Token);
                await Task.WhenAny(PumpAsync(near, far), PumpAsync(far, near));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The coordinator is away; the worker tries again.
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer, _ended.Token)) > 0)
            {
                Task flows;
                lock (_gate)
                {
                    flows = _flows.Task;
                }

                await flows;
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _ended.Token);
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone, and with it the connection.
        }
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        done.SetResult();
        return done;
    }
}
