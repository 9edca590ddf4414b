using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Builds the HTTP request of a call.</summary>
internal static class RequestHeaders
{
    private const string UserAgent = "grpc-dotnet-compat/0.1";

    public static async ValueTask<HttpRequestMessage> BuildAsync(
        GrpcChannel channel, IMethod method, string? host, CallOptions options, TimeSpan? timeout, HttpContent content, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, channel.UriOf(method))
        {
            Version = channel.Options.HttpVersion ?? System.Net.HttpVersion.Version20,
            VersionPolicy = channel.Options.HttpVersionPolicy ?? HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        if (host is not null)
        {
            request.Headers.Host = host;
        }

        // Servers take a request without TE for one that went through a proxy that cannot carry trailers.
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation(Protocol.AcceptEncodingHeader, channel.AcceptEncoding);
        if (timeout is { } remaining)
        {
            request.Headers.TryAddWithoutValidation(Protocol.TimeoutHeader, Protocol.EncodeTimeout(remaining));
        }

        Add(request, options.Headers);
        if (channel.SendsCallCredentials && (options.Credentials is not null || channel.CallCredentials.Count > 0))
        {
            IEnumerable<CallCredentials> credentials = options.Credentials is { } own ? [own, .. channel.CallCredentials] : channel.CallCredentials;
            var service = new Uri(channel.Address, "/" + method.ServiceName).ToString();
            Add(request, await CredentialMetadata.CollectAsync(credentials, new(service, method.Name, cancellationToken)));
        }

        if (!request.Headers.NonValidated.Contains("user-agent"))
        {
            request.Headers.TryAddWithoutValidation("user-agent", UserAgent);
        }

        return request;
    }

    private static void Add(HttpRequestMessage request, Metadata? metadata)
    {
        if (metadata is null)
        {
            return;
        }

        foreach (var entry in metadata)
        {
            if (entry.Key == Protocol.CompressionRequestHeader)
            {
                request.Headers.TryAddWithoutValidation(Protocol.EncodingHeader, entry.Value);
            }
            else if (!Protocol.IsReserved(entry.Key))
            {
                request.Headers.TryAddWithoutValidation(entry.Key, entry.HeaderValue);
            }
        }
    }
}
