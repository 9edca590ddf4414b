using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>A call that a channel can end.</summary>
internal interface IClientCall : IDisposable;

/// <summary>One call of any kind, from its request to its status. It is its own stream of responses.</summary>
internal sealed class ClientCall<TRequest, TResponse>(
    GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options) : IClientCall, IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    // A timer's longest wait; later deadlines are waited for in several.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    // Between two tries to connect, for calls that wait for their server.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource<Status> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _sending = Task.CompletedTask;
    private CallContent? _content;
    private HttpResponseMessage? _response;
    private PipeReader? _pipe;
    private MessageReader? _reader;
    private Metadata? _headers;
    private Metadata? _trailers;
    private Status? _end;
    private ITimer? _deadlineTimer;
    private CancellationTokenRegistration _cancellation;
    private int _reading;
    private TResponse? _current;

    /// <summary>Ends when the call does, with its status.</summary>
    public Task<Status> Ended => _ended.Task;

    /// <summary>Cancelled when the call ends other than by its server's word.</summary>
    public CancellationToken Ending => _ending.Token;

    /// <summary>Whether the call awaits a single response.</summary>
    public bool HasSingleResponse => method.Type is MethodType.Unary or MethodType.ClientStreaming;

    public TResponse Current => _current ?? throw new InvalidOperationException("No message has been read; call MoveNext first.");

    public Task<Metadata> ResponseHeadersAsync => GetHeadersAsync();

    /// <summary>Sends the one request.</summary>
    public void Start(TRequest request)
    {
        if (!Begin())
        {
            return;
        }

        try
        {
            _content = new SingleContent(Frame(request, options.WriteOptions).Memory);
            _sending = SendAsync(_content);
        }
        catch (Exception exception) when (exception is not ObjectDisposedException)
        {
            End(CallFaults.StatusOf(exception, "Failed to serialize the request."));
        }
    }

    /// <summary>Opens the stream of requests.</summary>
    public IClientStreamWriter<TRequest> StartStream()
    {
        var content = new StreamContent();
        _content = content;
        if (Begin())
        {
            _sending = SendAsync(content);
        }
        else
        {
            content.Abandon();
        }

        return new RequestStream<TRequest, TResponse>(this, content) { WriteOptions = options.WriteOptions };
    }

    /// <summary>Serializes and frames a request.</summary>
    public MessageFrame Frame(TRequest request, WriteOptions? write)
    {
        var encoding = write?.Flags.HasFlag(WriteFlags.NoCompress) == true
            ? null
            : options.Headers?.GetValue(Protocol.CompressionRequestHeader);
        if (encoding is null or Protocol.Identity)
        {
            return MessageFrame.Of(request, method.RequestMarshaller.ContextualSerializer, channel.Options.MaxSendMessageSize, null, null);
        }

        return channel.Compressions.TryGetValue(encoding, out var compression)
            ? MessageFrame.Of(request, method.RequestMarshaller.ContextualSerializer, channel.Options.MaxSendMessageSize, compression, null)
            : throw new RpcException(new Status(
                StatusCode.Internal, $"The channel has no compression provider for grpc-encoding '{encoding}'; add it to GrpcChannelOptions.CompressionProviders."));
    }

    /// <summary>The response of a call that has one.</summary>
    public async Task<TResponse> ReadSingleAsync()
    {
        await _sending;
        var message = await ReadAsync();
        if (message is not null && await ReadAsync() is not null)
        {
            End(new Status(StatusCode.Internal, "More than one response came to a call that has one."));
        }

        EndByTrailers(complete: message is not null);
        return _end!.Value.StatusCode == StatusCode.OK ? message! : throw Fault();
    }

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) == 1)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is in progress.");
        }

        try
        {
            await using var registration = CancelOn(cancellationToken);
            await _sending;
            _current = await ReadAsync();
            if (_current is not null)
            {
                return true;
            }

            EndByTrailers(complete: true);
            return _end!.Value.StatusCode == StatusCode.OK ? false : throw Fault();
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    public Status GetStatus() => _end ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() => _end is null
        ? throw new InvalidOperationException("Can't get the call trailers because the call has not completed.")
        : _trailers ?? Metadata.Empty;

    public void Dispose() => End(new Status(StatusCode.Cancelled, "gRPC call disposed."));

    /// <summary>Ends the call with Cancelled when a token is; the call's own token is watched already.</summary>
    public CancellationTokenRegistration CancelOn(CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled && cancellationToken != options.CancellationToken
            ? cancellationToken.UnsafeRegister(static state => ((ClientCall<TRequest, TResponse>)state!).Cancel(), this)
            : default;

    /// <summary>What a caller is told after the call ended otherwise than OK.</summary>
    public Exception Fault()
    {
        var status = _end ?? Status.DefaultCancelled;
        return channel.Options.ThrowOperationCanceledOnCancellation && status.StatusCode is (StatusCode.Cancelled or StatusCode.DeadlineExceeded)
            ? new OperationCanceledException(status.ToString(), new RpcException(status), options.CancellationToken)
            : new RpcException(status, _trailers ?? Metadata.Empty);
    }

    /// <summary>Ends the call unless it has ended; the first status counts.</summary>
    public void End(Status status, Metadata? trailers = null, bool graceful = false)
    {
        lock (_gate)
        {
            if (_end is not null)
            {
                return;
            }

            _trailers = trailers;
            _end = status;
        }

        channel.Logger.CallEnded(method.FullName, status);
        channel.Remove(this);
        _deadlineTimer?.Dispose();
        _cancellation.Unregister();
        if (!graceful)
        {
            _ending.Cancel();
        }

        _content?.Abandon();
        _response?.Dispose();
        _ended.TrySetResult(status);
    }

    private void Cancel() => End(new Status(StatusCode.Cancelled, "Call canceled by the client."));

    private bool Begin()
    {
        if (options.Deadline is { Kind: not DateTimeKind.Utc } local && local != DateTime.MaxValue && local != DateTime.MinValue)
        {
            throw new InvalidOperationException("The deadline must be in UTC: its Kind must be DateTimeKind.Utc.");
        }

        channel.Add(this);
        channel.Logger.CallStarting(method.Type, method.FullName, channel.Address);
        if (options.CancellationToken.IsCancellationRequested)
        {
            Cancel();
        }
        else if (Remaining() is { } remaining)
        {
            if (remaining <= TimeSpan.Zero)
            {
                End(new Status(StatusCode.DeadlineExceeded, ""));
            }
            else
            {
                _deadlineTimer = TimeProvider.System.CreateTimer(
                    static call => ((ClientCall<TRequest, TResponse>)call!).CheckDeadline(), this, Wait(remaining), Timeout.InfiniteTimeSpan);
            }
        }

        _cancellation = options.CancellationToken.UnsafeRegister(static call => ((ClientCall<TRequest, TResponse>)call!).Cancel(), this);
        return _end is null;
    }

    private TimeSpan? Remaining() => options.Deadline is { } deadline && deadline != DateTime.MaxValue
        ? deadline - TimeProvider.System.GetUtcNow().UtcDateTime
        : null;

    private static TimeSpan Wait(TimeSpan remaining) => remaining < LongestWait ? remaining : LongestWait;

    private void CheckDeadline()
    {
        var remaining = Remaining()!.Value;
        if (remaining <= TimeSpan.Zero)
        {
            End(new Status(StatusCode.DeadlineExceeded, ""));
        }
        else
        {
            // Too early by the clock's grain, or one of several waits.
            _deadlineTimer?.Change(Wait(remaining) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
    }

    // Never throws: whoever awaits it looks at the call's end.
    private async Task SendAsync(HttpContent content)
    {
        try
        {
            Accept(await SendOnceReadyAsync(content));
        }
        catch (OperationCanceledException exception) when (!_ending.IsCancellationRequested)
        {
            // The transport cancels the body of a stream that its peer reset, and tells of that alone.
            End(new Status(StatusCode.Unavailable, "The peer ended the stream before its response began.", exception));
        }
        catch (Exception exception)
        {
            if (_end is null)
            {
                channel.Logger.CallNotStarted(exception, method.FullName);
            }

            End(CallFaults.StatusOf(exception, "Error starting gRPC call."));
        }
    }

    // A call that waits for its server tries to connect until it ends; no byte of its request has left before that.
    private async Task<HttpResponseMessage> SendOnceReadyAsync(HttpContent content)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            using var request = await RequestHeaders.BuildAsync(channel, method, host, options, Remaining(), content, _ending.Token);
            try
            {
                return await channel.Invoker.SendAsync(request, _ending.Token);
            }
            catch (HttpRequestException unreachable) when (options.IsWaitForReady && CallFaults.IsUnreachable(unreachable))
            {
                channel.Logger.ServerAwaited(method.FullName, channel.Address, pause, unreachable.Message);
                // The content goes with the next request, so this one must not dispose it.
                request.Content = null;
            }

            await Task.Delay(pause, TimeProvider.System, _ending.Token);
        }
    }

    private void Accept(HttpResponseMessage response)
    {
        _headers = ResponseHeaders.ToMetadata(response.Headers);
        if (ResponseHeaders.StatusWithoutBody(response) is { } status)
        {
            End(status, _headers);
            response.Dispose();
            return;
        }

        _pipe = PipeReader.Create(response.Content.ReadAsStream(), new StreamPipeReaderOptions(bufferSize: 16 * 1024));
        _reader = new(_pipe, channel.Options.MaxReceiveMessageSize, ResponseHeaders.Value(response.Headers, Protocol.EncodingHeader), channel.Compressions);
        lock (_gate)
        {
            _response = response;
            if (_end is null)
            {
                return;
            }
        }

        response.Dispose();
    }

    private async Task<Metadata> GetHeadersAsync()
    {
        await _sending;
        return _headers ?? throw Fault();
    }

    private async ValueTask<TResponse?> ReadAsync()
    {
        if (_end is not null)
        {
            return null;
        }

        try
        {
            return await _reader!.ReadAsync(method.ResponseMarshaller.ContextualDeserializer, _ending.Token);
        }
        catch (Exception exception)
        {
            End(CallFaults.StatusOf(exception, "Error reading the response."));
            return null;
        }
    }

    private void EndByTrailers(bool complete)
    {
        if (_end is not null)
        {
            return;
        }

        _pipe!.Complete();
        var trailers = _response!.TrailingHeaders;
        var status = ResponseHeaders.StatusOf(trailers) ?? new Status(StatusCode.Internal, "The response ended without a grpc-status.");
        if (status.StatusCode == StatusCode.OK && !complete)
        {
            status = new Status(StatusCode.Internal, "The call ended with OK but without a response.");
        }

        End(status, ResponseHeaders.ToMetadata(trailers), graceful: true);
    }
}
