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
            if (!cancellationToken.CanBeCanceled || cancellationToken == call.CancellationToken)
            {
                return await ReadAsync(call.CancellationToken);
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, call.CancellationToken);
            return await ReadAsync(either.Token);
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

    private async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_ended)
        {
            return false;
        }

        _current = await reader.ReadAsync(deserializer, cancellationToken);
        _ended = _current is null;
        return !_ended;
    }
}
