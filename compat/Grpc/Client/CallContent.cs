using System.Net;
using System.Net.Http.Headers;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>The body of a call.</summary>
internal abstract class CallContent : HttpContent
{
    private static readonly MediaTypeHeaderValue Grpc = new(Protocol.ContentType);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected CallContent() => Headers.ContentType = Grpc;

    /// <summary>Says that the call has ended.</summary>
    public virtual void Abandon() => _ended.TrySetResult();

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected sealed override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(stream, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The peer reset the stream. Were the body to fail first, the transport would tell of its cancellation
            // and not of the reset, whose code makes the status.
            await _ended.Task;
            throw;
        }
    }

    protected abstract Task WriteAsync(Stream stream, CancellationToken cancellationToken);

    protected sealed override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>The body of a call with one request.</summary>
internal sealed class SingleContent(ReadOnlyMemory<byte> frame) : CallContent
{
    protected override Task WriteAsync(Stream stream, CancellationToken cancellationToken) =>
        stream.WriteAsync(frame, cancellationToken).AsTask();
}

/// <summary>The body of a call with a stream of requests: open until the stream is completed or the call ends.</summary>
internal sealed class StreamContent : CallContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The transport's stream, once a connection stands; cancelled if the call ends before.</summary>
    public Task<Stream> Opened => _opened.Task;

    /// <summary>Ends the body.</summary>
    public void Complete() => _completed.TrySetResult();

    public override void Abandon()
    {
        base.Abandon();
        _opened.TrySetCanceled();
        _completed.TrySetCanceled();
    }

    protected override Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (!_opened.TrySetResult(stream))
        {
            // The transport tries a second connection, but messages may have gone down the first.
            throw new IOException("The connection was lost after the stream of requests had begun.");
        }

        return _completed.Task.WaitAsync(cancellationToken);
    }
}
