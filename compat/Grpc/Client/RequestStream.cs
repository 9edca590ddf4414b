using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>The stream of requests of a call.</summary>
internal sealed class RequestStream<TRequest, TResponse>(ClientCall<TRequest, TResponse> call, StreamContent content)
    : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private int _writing;
    private bool _completed;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (_completed)
        {
            throw new InvalidOperationException("Can't write the message because the stream of requests has been completed.");
        }

        if (Interlocked.Exchange(ref _writing, 1) == 1)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        try
        {
            ThrowIfEnded();
            var frame = call.Frame(message, WriteOptions);
            await using var registration = call.CancelOn(cancellationToken);
            var stream = await content.OpenAsync();
            await stream.WriteAsync(frame.Memory, call.Ending);
            if (WriteOptions?.Flags.HasFlag(WriteFlags.BufferHint) != true)
            {
                await stream.FlushAsync(call.Ending);
            }
        }
        catch (Exception exception) when (exception is not (RpcException or InvalidOperationException) || exception is ObjectDisposedException)
        {
            await FailAsync(exception);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public Task CompleteAsync()
    {
        if (_writing == 1)
        {
            throw new InvalidOperationException("Can't complete the stream of requests because a write is in progress.");
        }

        _completed = true;
        content.Complete();
        return Task.CompletedTask;
    }

    private void ThrowIfEnded()
    {
        if (call.Ended.IsCompletedSuccessfully)
        {
            throw call.Ended.Result.StatusCode == StatusCode.OK
                ? new InvalidOperationException("Can't write the message because the call is complete.")
                : call.Fault();
        }
    }

    private async Task FailAsync(Exception exception)
    {
        // The transport stopped taking requests. With a single response the reason is on its way; with a stream it comes to its reader.
        if (call.HasSingleResponse)
        {
            await call.Ended;
        }

        ThrowIfEnded();
        throw new RpcException(CallFaults.StatusOf(exception, "Error writing the request."));
    }
}
