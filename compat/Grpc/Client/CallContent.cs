using System.Net;
using System.Net.Http.Headers;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>The body of a call.</summary>
internal abstract class CallContent : HttpContent
{
    private static readonly MediaTypeHeaderValue Grpc = new(Protocol.ContentType);

    protected CallContent() => Headers.ContentType = Grpc;

    /// <summary>Says that the call has ended.</summary>
    public virtual void Abandon()
    {
    }

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        WriteAsync(stream, CancellationToken.None);

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        WriteAsync(stream, cancellationToken);

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
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream? _stream;
    private bool _used;

    /// <summary>The transport's stream, once a connection stands; cancelled if the call ends before.</summary>
    public async ValueTask<Stream> OpenAsync()
    {
        await _opened.Task;
        lock (_gate)
        {
            _used = true;
            return _stream!;
        }
    }

    /// <summary>Ends the body.</summary>
    public void Complete() => _completed.TrySetResult();

    public override void Abandon()
    {
        _opened.TrySetCanceled();
        _completed.TrySetCanceled();
    }

    protected override async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            // The transport tries another connection when the server refused the stream on the first.
            if (_used)
            {
                throw new IOException("The connection was lost after requests had been written.");
            }

            _stream = stream;
        }

        // The transport keeps the headers back until something is flushed; the server may answer before the first request.
        await stream.FlushAsync(cancellationToken);
        _opened.TrySetResult();
        await _completed.Task.WaitAsync(cancellationToken);
    }
}
