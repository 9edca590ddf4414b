using System.Globalization;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Grpc.AspNetCore.Server;

/// <summary>Writes a call's status and trailers.</summary>
internal static class ResponseTrailers
{
    /// <summary>Ends a call that has no messages: its status travels in the headers.</summary>
    public static Task EndWithoutBody(HttpContext http, Status status, int httpStatus = StatusCodes.Status200OK)
    {
        http.Response.StatusCode = httpStatus;
        if (httpStatus == StatusCodes.Status200OK)
        {
            http.Response.ContentType = Protocol.ContentType;
        }

        Write(http.Response, status, null, asHeaders: true);
        return Task.CompletedTask;
    }

    /// <summary>Writes status and trailers as trailers, or as headers if the response has not begun.</summary>
    /// <returns>Keys of entries that HTTP does not take; they were left out.</returns>
    public static List<string> Write(HttpResponse response, Status status, Metadata? trailers, bool asHeaders)
    {
        var refused = new List<string>();
        Append(Protocol.StatusHeader, ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture));
        if (!string.IsNullOrEmpty(status.Detail))
        {
            Append(Protocol.MessageHeader, Protocol.PercentEncode(status.Detail));
        }

        foreach (var entry in trailers ?? Metadata.Empty)
        {
            if (!Protocol.IsReserved(entry.Key))
            {
                Append(entry.Key, entry.HeaderValue);
            }
        }

        return refused;

        void Append(string name, string value)
        {
            try
            {
                if (asHeaders)
                {
                    response.Headers.Append(name, value);
                }
                else
                {
                    response.AppendTrailer(name, new StringValues(value));
                }
            }
            catch (InvalidOperationException)
            {
                // HTTP takes printable ASCII only; the status matters more than one bad entry.
                refused.Add(name);
            }
        }
    }
}
