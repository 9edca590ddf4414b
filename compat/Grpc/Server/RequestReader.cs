using Grpc.Core;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server;

/// <summary>The requests of a call.</summary>
internal sealed class RequestReader<T>(ServerCallContext call, MessageReader reader, Func<DeserializationContext, T> deserializer) : IAsyncStreamReader<T>
    where T : class
{
    private T? _current;
    private int _reading;
    private bool _ended;

    public T Current => _current ?? throw new InvalidOperationException("No message has been read; call MoveNext first.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) == 1)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is in progress.");
        }

        try
        {
            // Hot: a linked source for each of ten thousand waiting reads would outlive every collection.
            using var registration = cancellationToken.UnsafeRegister(static reader => ((MessageReader)reader!).CancelRead(), reader);
            call.CancellationToken.ThrowIfCancellationRequested();
            cancellationToken.ThrowIfCancellationRequested();
            if (_ended)
            {
                return false;
            }

            for (var ended = false; !ended;)
            {
                try
                {
                    _current = await reader.ReadAsync(deserializer, call.CancellationToken);
                    ended = true;
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && !call.CancellationToken.IsCancellationRequested)
                {
                    // A cancellation of the read before this one came too late for it.
                }
            }

            _ended = _current is null;
            return !_ended;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    /// <summary>Reads the one message of a call that has one, to the end of the body.</summary>
    public async Task<T> ReadSingleAsync()
    {
        var message = await reader.ReadAsync(deserializer, call.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.Internal, "Incomplete message."));
        return await reader.ReadAsync(deserializer, call.CancellationToken) is null
            ? message
            : throw new RpcException(new Status(StatusCode.Internal, "Additional data after the message received."));
    }
}
