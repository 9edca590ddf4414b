using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>A way to a server: connections that clients share. Thread-safe.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly ConcurrentDictionary<IMethod, Uri> _uris = new();
    private readonly ConcurrentDictionary<IClientCall, bool> _calls = new();
    private readonly bool _ownsInvoker;
    private bool _disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        if (address.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"The address '{address.OriginalString}' must begin with http:// or https://.", nameof(address));
        }

        if (options is { HttpClient: not null, HttpHandler: not null })
        {
            throw new ArgumentException("HttpClient and HttpHandler are both set; set one of them.", nameof(options));
        }

        var security = new ChannelSecurity(options.Credentials);
        if (security.IsSecure is { } secure && secure != (address.Scheme == "https"))
        {
            throw new InvalidOperationException(
                $"The credentials {(secure ? "use TLS" : "are insecure")}, but the address '{address.OriginalString}' begins with {address.Scheme}://.");
        }

        Address = address;
        Options = options;
        Logger = options.LoggerFactory?.CreateLogger(CallLog.Category) ?? NullLogger.Instance;
        CallCredentials = address.Scheme == "https" || options.UnsafeUseInsecureChannelCallCredentials ? security.CallCredentials : [];
        SendsCallCredentials = address.Scheme == "https" || options.UnsafeUseInsecureChannelCallCredentials;
        Compressions = Wire.Compressions.ByName((IEnumerable<ICompressionProvider>?)options.CompressionProviders ?? Wire.Compressions.Default);
        AcceptEncoding = Wire.Compressions.AcceptHeader(Compressions);
        _ownsInvoker = options is { HttpClient: null, HttpHandler: null } || options.DisposeHttpClient;
        Invoker = (HttpMessageInvoker?)options.HttpClient
            ?? new HttpMessageInvoker(
                options.HttpHandler ?? new SocketsHttpHandler { EnableMultipleHttp2Connections = true, UseProxy = false }, _ownsInvoker);
    }

    internal Uri Address { get; }

    internal GrpcChannelOptions Options { get; }

    internal ILogger Logger { get; }

    internal HttpMessageInvoker Invoker { get; }

    internal IReadOnlyList<CallCredentials> CallCredentials { get; }

    internal bool SendsCallCredentials { get; }

    internal IReadOnlyDictionary<string, ICompressionProvider> Compressions { get; }

    internal string AcceptEncoding { get; }

    /// <summary>Calls that have not ended; for tests of leaks.</summary>
    internal int ActiveCalls => _calls.Count;

    /// <summary>A channel to an address such as <c>http://127.0.0.1:5000</c>. Connects when first called.</summary>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel to an address, with options.</summary>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    /// <summary>A channel to an address.</summary>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel to an address, with options.</summary>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        return new(address, channelOptions);
    }

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new HttpCallInvoker(this);
    }

    /// <summary>Ends all calls with Cancelled and closes the connections that are the channel's own.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (var call in _calls.Keys)
        {
            call.Dispose();
        }

        if (_ownsInvoker)
        {
            Invoker.Dispose();
        }
    }

    internal Uri UriOf(IMethod method) => _uris.GetOrAdd(method, static (m, address) => new Uri(address, m.FullName), Address);

    internal void Add(IClientCall call)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _calls[call] = true;
    }

    internal void Remove(IClientCall call) => _calls.TryRemove(call, out _);

    /// <inheritdoc/>
    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }
}
