using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Tests.Compat.Protos;
using Xunit;

namespace Orchestrator.Tests.Compat.Grpc;

public sealed class TransportTests
{
    [Fact]
    public async Task TLS_with_client_certificates_tells_the_handler_who_calls()
    {
        using var serverCertificate = Certificate("server");
        using var clientCertificate = Certificate("worker-7");
        await using var server = await TestServer.StartAsync(
            new Scripted
            {
                OnUnary = (_, context) => Task.FromResult(new EchoReply
                {
                    Text = context.AuthContext.IsPeerAuthenticated + " " + context.AuthContext.FindPropertiesByName("x509_common_name").Single().Value,
                }),
            },
            listen: options => options.UseHttps(https =>
            {
                https.ServerCertificate = serverCertificate;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (certificate, _, _) => certificate.Thumbprint == clientCertificate.Thumbprint;
            }),
            channel: Trusting(serverCertificate, clientCertificate));
        using var stranger = GrpcChannel.ForAddress(server.Address, Trusting(serverCertificate, null));
        using var doubting = GrpcChannel.ForAddress(server.Address);

        Assert.StartsWith("https://", server.Address, StringComparison.Ordinal);
        Assert.Equal("True worker-7", (await server.Client.UnaryAsync(new EchoRequest())).Text);
        foreach (var channel in new[] { stranger, doubting })
        {
            var fault = await Assert.ThrowsAsync<RpcException>(async () => await new Echo.EchoClient(channel).UnaryAsync(new EchoRequest()));
            Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
        }
    }

    [Fact]
    public void Credentials_must_fit_the_address()
    {
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("http://localhost", new() { Credentials = ChannelCredentials.SecureSsl }));
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("https://localhost", new() { Credentials = ChannelCredentials.Insecure }));
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("ftp://localhost"));
    }

    [Fact]
    public async Task A_Unix_domain_socket_carries_calls()
    {
        var folder = Directory.CreateTempSubdirectory("grpc-");
        var path = Path.Combine(folder.FullName, "s");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(path, options => options.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        await using var application = builder.Build();
        application.MapGrpcService<EchoService>();
        await application.StartAsync();
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler });

        Assert.Equal("through", (await new Echo.EchoClient(channel).UnaryAsync(new EchoRequest { Text = "through" })).Text);
        await application.StopAsync();
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("identity", false)]
    public async Task Responses_are_compressed_only_for_clients_that_take_it(string accepted, bool compressed)
    {
        await using var server = await TestServer.StartAsync(new EchoService(), options =>
        {
            options.ResponseCompressionAlgorithm = "gzip";
            options.ResponseCompressionLevel = CompressionLevel.Optimal;
        });
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var message = new EchoRequest { Payload = ByteString.CopyFrom(new byte[5000]) }.ToByteArray();

        var answer = await RawCall.PostAsync(
            http, server.Address + "/orchestrator.tests.Echo/Unary", RawCall.Frame(message), headers: ("grpc-accept-encoding", "identity," + accepted));

        Assert.Equal((StatusCode.OK, compressed), (answer.Status!.Value, answer.Body[0] == 1));
        Assert.Equal(compressed, answer.Body.Length < 1000);
        Assert.Equal(compressed, answer.Headers.Contains("grpc-encoding"));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Requests_are_compressed_when_the_caller_asks(string encoding)
    {
        await using var server = await TestServer.StartAsync(new EchoService());
        var request = new EchoRequest { Payload = ByteString.CopyFrom(new byte[50_000]) };
        using var recorder = new Counting();
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { HttpHandler = recorder });

        var reply = await new Echo.EchoClient(channel).UnaryAsync(request, new Metadata { { "grpc-internal-encoding-request", encoding } });

        Assert.Equal(50_000, reply.Payload.Length);
        Assert.InRange(recorder.Count, 1, 2000);
    }

    private static GrpcChannelOptions Trusting(X509Certificate2 server, X509Certificate2? client) => new()
    {
        HttpHandler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == server.Thumbprint,
                ClientCertificates = client is null ? null : [client],
            },
        },
        DisposeHttpClient = true,
    };

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }

    /// <summary>Counts the bytes of request bodies.</summary>
    private sealed class Counting() : DelegatingHandler(new SocketsHttpHandler())
    {
        public long Count { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            Count = body.Length;
            var content = new ByteArrayContent(body);
            content.Headers.ContentType = request.Content.Headers.ContentType;
            request.Content = content;
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
