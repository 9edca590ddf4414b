using System.Collections.ObjectModel;
using System.IO.Compression;
using Grpc.Core.Interceptors;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>How a server's services work; what a service leaves out is taken from the server.</summary>
public class GrpcServiceOptions
{
    private int? _maxSendMessageSize;
    private int? _maxReceiveMessageSize;

    /// <summary>The largest message to send, bytes; null: any. Larger ones end their call with ResourceExhausted.</summary>
    public int? MaxSendMessageSize
    {
        get => _maxSendMessageSize;
        set => (_maxSendMessageSize, MaxSendMessageSizeSpecified) = (value, true);
    }

    /// <summary>Whether <see cref="MaxSendMessageSize"/> was set.</summary>
    public bool MaxSendMessageSizeSpecified { get; set; }

    /// <summary>The largest message to take, bytes; null: any. Larger ones end their call with ResourceExhausted. 4 MiB.</summary>
    public int? MaxReceiveMessageSize
    {
        get => _maxReceiveMessageSize;
        set => (_maxReceiveMessageSize, MaxReceiveMessageSizeSpecified) = (value, true);
    }

    /// <summary>Whether <see cref="MaxReceiveMessageSize"/> was set.</summary>
    public bool MaxReceiveMessageSizeSpecified { get; set; }

    /// <summary>Whether clients are told what exception a handler threw; null: no.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>The compression of responses, for clients that take it; null: none.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>The level of that compression; null: the provider's own.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>The compressions known; those missing by default are gzip and deflate.</summary>
    public IList<ICompressionProvider> CompressionProviders { get; set; } = [];

    /// <summary>Whether calls of unknown services and methods are left to the rest of the application; null: no, they end with Unimplemented.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>What steps into calls; the first sees a call first.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}

/// <summary>How one service works.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
}

/// <summary>Interceptors in the order in which they see a call.</summary>
public class InterceptorCollection : Collection<InterceptorRegistration>
{
    /// <summary>Adds an interceptor, taken from the services or created with these arguments for each call.</summary>
    public void Add<TInterceptor>(params object[] args)
        where TInterceptor : Interceptor => Add(typeof(TInterceptor), args);

    /// <summary>Adds an interceptor, taken from the services or created with these arguments for each call.</summary>
    public void Add(Type interceptorType, params object[] args)
    {
        ArgumentNullException.ThrowIfNull(interceptorType);
        if (!interceptorType.IsSubclassOf(typeof(Interceptor)))
        {
            throw new ArgumentException($"{interceptorType} must be derived from {typeof(Interceptor)}.", nameof(interceptorType));
        }

        Add(new InterceptorRegistration(interceptorType, args));
    }
}

/// <summary>An interceptor's type and arguments.</summary>
public class InterceptorRegistration
{
    internal InterceptorRegistration(Type type, object[] arguments)
    {
        Type = type;
        Arguments = arguments;
    }

    /// <summary>The type.</summary>
    public Type Type { get; }

    /// <summary>The arguments that the services do not give.</summary>
    public IReadOnlyList<object> Arguments { get; }
}
