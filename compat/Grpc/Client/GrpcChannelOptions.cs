using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Wire;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>How a <see cref="GrpcChannel"/> works.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>How the channel is secured; null: as the address's scheme says.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>The largest message to send, bytes; null: any. Larger ones end their call with ResourceExhausted.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The largest message to take, bytes; null: any. Larger ones end their call with ResourceExhausted. 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = Protocol.DefaultMaxReceiveMessageSize;

    /// <summary>The compressions offered; null: gzip and deflate.</summary>
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    /// <summary>Where the channel logs; null: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>The client to send with; not together with <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>The handler to send with; not together with <see cref="HttpClient"/>.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether disposing the channel disposes the given client or handler.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Whether Cancelled and DeadlineExceeded are thrown as <see cref="OperationCanceledException"/>.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Whether call credentials travel over plain text too.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    /// <summary>The version of HTTP; null: 2.0.</summary>
    public Version? HttpVersion { get; set; }

    /// <summary>Whether another version of HTTP will do; null: no.</summary>
    public HttpVersionPolicy? HttpVersionPolicy { get; set; }
}
