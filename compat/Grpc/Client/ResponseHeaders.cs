using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Reads statuses and metadata out of HTTP headers and trailers.</summary>
internal static class ResponseHeaders
{
    /// <summary>The status of a response that has no messages, or null if messages may follow.</summary>
    public static Status? StatusWithoutBody(HttpResponseMessage response)
    {
        if (StatusOf(response.Headers) is { } status)
        {
            return status;
        }

        if (response.Version < HttpVersion.Version20)
        {
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version.ToString(2)}.");
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(CodeOf(response.StatusCode), "Bad gRPC response. HTTP status code: " + (int)response.StatusCode);
        }

        var contentType = Value(response.Content.Headers, "content-type");
        return Protocol.IsGrpcContentType(contentType)
            ? null
            : new Status(StatusCode.Cancelled, contentType is null
                ? "Bad gRPC response. Response did not have a content-type header."
                : "Bad gRPC response. Invalid content-type value: " + contentType);
    }

    /// <summary>The status that headers or trailers carry, or null.</summary>
    public static Status? StatusOf(HttpHeaders headers)
    {
        var text = Value(headers, Protocol.StatusHeader);
        if (text is null)
        {
            return null;
        }

        var detail = Protocol.PercentDecode(Value(headers, Protocol.MessageHeader) ?? "");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && Enum.IsDefined((StatusCode)code)
            ? new Status((StatusCode)code, detail)
            : new Status(StatusCode.Unknown, $"Unexpected grpc-status value '{text}'. {detail}".TrimEnd());
    }

    /// <summary>The metadata among headers; entries that are no valid metadata are left out.</summary>
    public static Metadata ToMetadata(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (Protocol.IsReserved(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                MetadataEntries.Add(metadata, name, value);
            }
        }

        return metadata;
    }

    /// <summary>A header's value, or null.</summary>
    public static string? Value(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) && values.Count > 0 ? values.ToString() : null;

    // Source: doc/http-grpc-status-mapping.md.
    private static StatusCode CodeOf(HttpStatusCode code) => (int)code switch
    {
        400 or 431 or (>= 100 and < 200) => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };
}
