using System.Buffers;
using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

/// <summary>The responses of a call. After <see cref="CloseAsync"/> nothing more is written.</summary>
internal sealed class ResponseWriter<T> : IServerStreamWriter<T>
    where T : class
{
    private readonly ServerCallContext _call;
    private readonly HttpResponse _response;
    private readonly Action<T, SerializationContext> _serializer;
    private readonly MethodOptions _options;
    private readonly Lock _gate = new();
    private ICompressionProvider? _compression;
    private bool _writing;
    private bool _closed;
    private TaskCompletionSource? _idle;

    public ResponseWriter(ServerCallContext call, HttpResponse response, Action<T, SerializationContext> serializer, MethodOptions options)
    {
        _call = call;
        _response = response;
        _serializer = serializer;
        _options = options;
        if (options.ResponseCompression is { } encoding && Accepted(encoding))
        {
            Compress(encoding);
        }
    }

    public WriteOptions? WriteOptions { get; set; }

    /// <summary>Whether the status must travel in trailers.</summary>
    public bool HasBegun { get; private set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var frame = Frame(message);
        Enter();
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            _call.CancellationToken.ThrowIfCancellationRequested();
            HasBegun = true;
            _response.BodyWriter.Write(frame.Memory.Span);
            if (WriteOptions?.Flags.HasFlag(WriteFlags.BufferHint) != true)
            {
                // Hot: the call's own token, so that a flush costs no registration where the client sets no deadline.
                await _response.BodyWriter.FlushAsync(cancellationToken.CanBeCanceled ? cancellationToken : _call.CancellationToken);
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Writes a message that is sent together with the trailers.</summary>
    public Task WriteLastAsync(T message)
    {
        var frame = Frame(message);
        Enter();
        try
        {
            HasBegun = true;
            _response.BodyWriter.Write(frame.Memory.Span);
        }
        finally
        {
            Leave();
        }

        return Task.CompletedTask;
    }

    /// <summary>Sends headers.</summary>
    public async Task WriteHeadersAsync(Metadata headers)
    {
        Enter();
        try
        {
            if (HasBegun || _response.HasStarted)
            {
                throw new InvalidOperationException("Response headers can only be sent once per call.");
            }

            foreach (var entry in headers)
            {
                if (entry.Key == Protocol.CompressionRequestHeader)
                {
                    Compress(entry.Value);
                }
                else if (!Protocol.IsReserved(entry.Key))
                {
                    _response.Headers.Append(entry.Key, entry.HeaderValue);
                }
            }

            HasBegun = true;
            await _response.BodyWriter.FlushAsync(_call.CancellationToken);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Waits for the write in progress and refuses further ones.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;
            return _writing ? (_idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }
    }

    private void Enter()
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new InvalidOperationException("Can't write the message because the request is complete.");
            }

            if (_writing)
            {
                throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
            }

            _writing = true;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _writing = false;
            _idle?.TrySetResult();
        }
    }

    private MessageFrame Frame(T message)
    {
        var compression = WriteOptions?.Flags.HasFlag(WriteFlags.NoCompress) == true ? null : _compression;
        return MessageFrame.Of(message, _serializer, _options.MaxSendMessageSize, compression, _options.ResponseCompressionLevel);
    }

    private bool Accepted(string encoding) => _response.HttpContext.Request.Headers[Protocol.AcceptEncodingHeader]
        .SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries))
        .Contains(encoding, StringComparer.Ordinal);

    private void Compress(string encoding)
    {
        if (encoding == Protocol.Identity)
        {
            _compression = null;
            _response.Headers.Remove(Protocol.EncodingHeader);
            return;
        }

        _compression = _options.Compressions.TryGetValue(encoding, out var provider)
            ? provider
            : throw new RpcException(new Status(StatusCode.Internal, $"No compression provider has the name '{encoding}'; add it to GrpcServiceOptions.CompressionProviders."));
        _response.Headers[Protocol.EncodingHeader] = encoding;

        // What the client cannot read is sent as it is.
        _compression = Accepted(encoding) ? _compression : null;
    }
}
