using System.Net.Sockets;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Turns the transport's exceptions into statuses.</summary>
internal static class CallFaults
{
    /// <summary>The status of an exception: lost or refused connections are Unavailable, resets are by their HTTP/2 code.</summary>
    public static Status StatusOf(Exception exception, string doing)
    {
        if (exception is RpcException fault)
        {
            return fault.Status;
        }

        return new(CodeOf(exception), $"{doing} {Describe(exception)}", exception);
    }

    /// <summary>Whether there was no connection to send a request over.</summary>
    public static bool IsUnreachable(HttpRequestException exception) =>
        exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;

    private static StatusCode CodeOf(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case HttpProtocolException reset:
                    return IsReset(reset) ? CodeOf(reset.ErrorCode) : StatusCode.Unavailable;
                case SocketException or IOException:
                    return StatusCode.Unavailable;
                case OperationCanceledException:
                    return StatusCode.Cancelled;
            }
        }

        return StatusCode.Internal;
    }

    // Source: "Errors" in doc/PROTOCOL-HTTP2.md.
    private static StatusCode CodeOf(long http2Error) => http2Error switch
    {
        7 => StatusCode.Unavailable,
        8 => StatusCode.Cancelled,
        11 => StatusCode.ResourceExhausted,
        12 => StatusCode.PermissionDenied,
        _ => StatusCode.Internal,
    };

    // The runtime has one type for a stream that the peer reset and for a connection that broke, GOAWAY and unanswered pings
    // among the causes; only its text tells which.
    private static bool IsReset(HttpProtocolException exception) =>
        exception.Message.Contains("reset the stream", StringComparison.Ordinal);

    private static string Describe(Exception exception)
    {
        var text = $"{exception.GetType().Name}: {exception.Message}";
        for (var e = exception.InnerException; e is not null; e = e.InnerException)
        {
            text += $" {e.GetType().Name}: {e.Message}";
        }

        return text;
    }
}
