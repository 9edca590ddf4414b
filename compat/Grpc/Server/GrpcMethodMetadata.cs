using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Marks the endpoint of a gRPC method.</summary>
public sealed class GrpcMethodMetadata
{
    /// <summary>Creates the mark.</summary>
    public GrpcMethodMetadata(Type serviceType, IMethod method)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        ArgumentNullException.ThrowIfNull(method);
        ServiceType = serviceType;
        Method = method;
    }

    /// <summary>The service's class.</summary>
    public Type ServiceType { get; }

    /// <summary>The method.</summary>
    public IMethod Method { get; }
}

/// <summary>Gives middleware the context of the call that a request is.</summary>
public interface IServerCallContextFeature
{
    /// <summary>The context.</summary>
    ServerCallContext ServerCallContext { get; }
}
