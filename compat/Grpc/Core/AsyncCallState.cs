namespace Grpc.Core;

/// <summary>What the four call objects share: headers, status, trailers and disposal through delegates.</summary>
internal readonly struct AsyncCallState
{
    private readonly object _headers;
    private readonly Func<object, Status> _getStatus;
    private readonly Func<object, Metadata> _getTrailers;
    private readonly Action<object> _dispose;
    private readonly object _state;

    public AsyncCallState(Task<Metadata> headers, Func<Status> getStatus, Func<Metadata> getTrailers, Action dispose)
        : this(headers, _ => getStatus(), _ => getTrailers(), _ => dispose(), typeof(AsyncCallState))
    {
    }

    public AsyncCallState(
        Func<object, Task<Metadata>> headers, Func<object, Status> getStatus, Func<object, Metadata> getTrailers, Action<object> dispose, object state)
        : this((object)headers, getStatus, getTrailers, dispose, state)
    {
    }

    private AsyncCallState(
        object headers, Func<object, Status> getStatus, Func<object, Metadata> getTrailers, Action<object> dispose, object state)
    {
        _headers = headers;
        _getStatus = getStatus;
        _getTrailers = getTrailers;
        _dispose = dispose;
        _state = state;
    }

    public Task<Metadata> ResponseHeaders => _headers as Task<Metadata> ?? ((Func<object, Task<Metadata>>)_headers)(_state);

    public Status GetStatus() => _getStatus(_state);

    public Metadata GetTrailers() => _getTrailers(_state);

    public void Dispose() => _dispose(_state);
}
