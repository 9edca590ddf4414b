using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orchestrator.Tests.Compat.Protos;
using Xunit;

namespace Orchestrator.Tests.Compat.Grpc;

public sealed class MalformedRequestTests : IAsyncLifetime, IDisposable
{
    private const string Unary = "/orchestrator.tests.Echo/Unary";
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());
    private TestServer? _server;

    private static byte[] Message => new EchoRequest { Text = "hello" }.ToByteArray();

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(new EchoService());

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_server!.Errors);
        await _server.DisposeAsync();
    }

    public void Dispose() => _http.Dispose();

    [Theory]
    [InlineData("bad flag", StatusCode.Internal)]
    [InlineData("truncated prefix", StatusCode.Internal)]
    [InlineData("truncated message", StatusCode.Internal)]
    [InlineData("no message", StatusCode.Internal)]
    [InlineData("two messages", StatusCode.Internal)]
    [InlineData("garbage protobuf", StatusCode.Internal)]
    [InlineData("compressed without encoding", StatusCode.Internal)]
    [InlineData("length of 4 GiB", StatusCode.ResourceExhausted)]
    [InlineData("length above the limit", StatusCode.ResourceExhausted)]
    public async Task A_malformed_body_is_answered_with_its_status(string fault, StatusCode expected)
    {
        var body = fault switch
        {
            "bad flag" => RawCall.Frame(Message, flag: 2),
            "truncated prefix" => [0, 0, 0],
            "truncated message" => RawCall.Frame(Message)[..^2],
            "no message" => [],
            "two messages" => [.. RawCall.Frame(Message), .. RawCall.Frame(Message)],
            "garbage protobuf" => RawCall.Frame([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            "compressed without encoding" => RawCall.Frame(Message, flag: 1),
            "length of 4 GiB" => RawCall.Frame(Message, length: uint.MaxValue),
            _ => RawCall.Frame(new byte[4 * 1024 * 1024 + 1]),
        };

        var answer = await RawCall.PostAsync(_http, _server!.Address + Unary, body);

        Assert.Equal((HttpStatusCode.OK, expected), (answer.Http, answer.Status));
        Assert.DoesNotContain("   at ", answer.Detail);
    }

    [Theory]
    [InlineData("not gzip at all", StatusCode.Internal)]
    [InlineData("a bomb", StatusCode.ResourceExhausted)]
    [InlineData("sound", StatusCode.OK)]
    public async Task A_compressed_body_is_unpacked_no_further_than_the_limit(string content, StatusCode expected)
    {
        var body = content switch
        {
            "not gzip at all" => Message,
            "a bomb" => Gzip(new byte[64 * 1024 * 1024]),
            _ => Gzip(Message),
        };

        var answer = await RawCall.PostAsync(_http, _server!.Address + Unary, RawCall.Frame(body, flag: 1), headers: ("grpc-encoding", "gzip"));

        Assert.Equal(expected, answer.Status);
    }

    [Fact]
    public async Task An_unknown_compression_is_unimplemented_and_the_known_ones_are_named()
    {
        var answer = await RawCall.PostAsync(_http, _server!.Address + Unary, RawCall.Frame(Message), headers: ("grpc-encoding", "snappy"));

        Assert.Equal(StatusCode.Unimplemented, answer.Status);
        Assert.Equal("identity,gzip,deflate", answer.Headers.GetValues("grpc-accept-encoding").Single());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    [InlineData("application/grpcx")]
    public async Task Another_content_type_is_an_unsupported_media_type(string contentType)
    {
        var answer = await RawCall.PostAsync(_http, _server!.Address + Unary, RawCall.Frame(Message), contentType);

        Assert.Equal((HttpStatusCode.UnsupportedMediaType, StatusCode.Internal), (answer.Http, answer.Status));
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc; charset=utf-8")]
    [InlineData("Application/gRPC")]
    public async Task Forms_of_the_content_type_are_taken(string contentType) =>
        Assert.Equal(StatusCode.OK, (await RawCall.PostAsync(_http, _server!.Address + Unary, RawCall.Frame(Message), contentType)).Status);

    [Theory]
    [InlineData("/orchestrator.tests.Echo/Nothing")]
    [InlineData("/orchestrator.tests.Nobody/Unary")]
    public async Task What_is_not_there_is_unimplemented(string path) =>
        Assert.Equal(StatusCode.Unimplemented, (await RawCall.PostAsync(_http, _server!.Address + path, RawCall.Frame(Message))).Status);

    [Fact]
    public async Task Another_method_of_HTTP_is_not_found() => Assert.Equal(
        HttpStatusCode.NotFound,
        (await RawCall.PostAsync(_http, _server!.Address + Unary, RawCall.Frame(Message), method: HttpMethod.Put)).Http);

    [Fact]
    public async Task HTTP_1_is_told_to_upgrade()
    {
        await using var server = await TestServer.StartAsync(new EchoService(), listen: options => options.Protocols = HttpProtocols.Http1);

        var answer = await RawCall.PostAsync(_http, server.Address + Unary, RawCall.Frame(Message), version: HttpVersion.Version11);

        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.Http);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("m")]
    [InlineData("1x")]
    [InlineData("999999999S")]
    [InlineData("-5S")]
    public async Task A_malformed_timeout_is_no_timeout(string timeout) => Assert.Equal(
        StatusCode.OK,
        (await RawCall.PostAsync(_http, _server!.Address + Unary, RawCall.Frame(Message), headers: ("grpc-timeout", timeout))).Status);

    [Fact]
    public async Task Metadata_that_is_no_base64_is_left_out() => Assert.Equal(
        StatusCode.OK,
        (await RawCall.PostAsync(_http, _server!.Address + Unary, RawCall.Frame(Message), headers: ("x-bytes-bin", "?!"))).Status);

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }
}
