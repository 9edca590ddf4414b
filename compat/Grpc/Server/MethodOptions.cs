using System.IO.Compression;
using Grpc.Net.Compression;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server;

/// <summary>The options of a service's methods, with the server's where the service says nothing.</summary>
internal sealed record MethodOptions(
    int? MaxSendMessageSize,
    int? MaxReceiveMessageSize,
    bool DetailedErrors,
    string? ResponseCompression,
    CompressionLevel? ResponseCompressionLevel,
    IReadOnlyDictionary<string, ICompressionProvider> Compressions,
    IReadOnlyList<InterceptorRegistration> Interceptors,
    bool IgnoreUnknown)
{
    public static MethodOptions Merge(GrpcServiceOptions server, GrpcServiceOptions service)
    {
        var compressions = new Dictionary<string, ICompressionProvider>(StringComparer.Ordinal);
        foreach (var provider in service.CompressionProviders.Concat(server.CompressionProviders).Concat(Wire.Compressions.Default))
        {
            compressions.TryAdd(provider.EncodingName, provider);
        }

        var algorithm = service.ResponseCompressionAlgorithm ?? server.ResponseCompressionAlgorithm;
        if (algorithm is not (null or Protocol.Identity) && !compressions.ContainsKey(algorithm))
        {
            throw new InvalidOperationException(
                $"ResponseCompressionAlgorithm is '{algorithm}', but no provider has that name; add it to CompressionProviders.");
        }

        return new(
            service.MaxSendMessageSizeSpecified ? service.MaxSendMessageSize : server.MaxSendMessageSize,
            service.MaxReceiveMessageSizeSpecified ? service.MaxReceiveMessageSize
                : server.MaxReceiveMessageSizeSpecified ? server.MaxReceiveMessageSize : Protocol.DefaultMaxReceiveMessageSize,
            service.EnableDetailedErrors ?? server.EnableDetailedErrors ?? false,
            algorithm is Protocol.Identity ? null : algorithm,
            service.ResponseCompressionLevel ?? server.ResponseCompressionLevel,
            compressions,
            [.. server.Interceptors, .. service.Interceptors],
            service.IgnoreUnknownServices ?? server.IgnoreUnknownServices ?? false);
    }
}
