using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;

namespace Orchestrator.Tests.Compat.Grpc;

/// <summary>Sends bytes of the test's choice to a gRPC server and reads what comes back, without the library.</summary>
internal static class RawCall
{
    /// <summary>What a server answered.</summary>
    public sealed record Answer(HttpStatusCode Http, StatusCode? Status, string Detail, byte[] Body, HttpResponseHeaders Headers);

    /// <summary>A frame: flag, length, bytes.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message, byte flag = 0, uint? length = null)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    public static async Task<Answer> PostAsync(
        HttpMessageInvoker http,
        string url,
        byte[] body,
        string contentType = "application/grpc",
        Version? version = null,
        HttpMethod? method = null,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, url)
        {
            Version = version ?? HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request, CancellationToken.None);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var carrier = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        StatusCode? status = carrier.TryGetValues("grpc-status", out var values) ? Enum.Parse<StatusCode>(values.Single()) : null;
        var detail = carrier.TryGetValues("grpc-message", out var messages) ? messages.Single() : "";
        return new(response.StatusCode, status, detail, bytes, response.Headers);
    }
}
