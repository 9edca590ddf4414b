using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Orchestrator.InteropTests.Protos;
using Xunit;

namespace Orchestrator.InteropTests;

/// <summary>Our client with its certificate and grpcio's server, which takes no client without one.</summary>
public sealed class GrpcioTlsServerTests(GrpcioTlsServerTests.Server server) : IClassFixture<GrpcioTlsServerTests.Server>
{
    public static TheoryData<string> Cases => new(InteropCases.All.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_case_passes(string name)
    {
        Assert.SkipUnless(PythonPeer.GrpcVersion is not null, PythonPeer.Missing);
        using var cases = new InteropCases(server.Address, serverSeesCompression: false, Tls.Handler(server.Certificates, server.Certificates.Client));
        await InteropCases.All[name](cases);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_without_a_certificate_of_the_authority_is_refused(bool stranger)
    {
        Assert.SkipUnless(PythonPeer.GrpcVersion is not null, PythonPeer.Missing);
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions
        {
            HttpHandler = Tls.Handler(server.Certificates, stranger ? server.Certificates.Stranger : null),
            DisposeHttpClient = true,
        });

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()));

        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
    }

    [Fact]
    public async Task A_client_that_does_not_trust_the_server_says_so()
    {
        Assert.SkipUnless(PythonPeer.GrpcVersion is not null, PythonPeer.Missing);
        using var channel = GrpcChannel.ForAddress(server.Address);

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()));

        Assert.Equal(StatusCode.Internal, fault.StatusCode);
        Assert.IsType<AuthenticationException>(fault.Status.DebugException?.InnerException);
    }

    public sealed class Server : IAsyncLifetime
    {
        private PythonPeer? _peer;

        internal Certificates Certificates { get; } = new();

        public string Address { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            if (PythonPeer.GrpcVersion is not null)
            {
                (_peer, var port) = await PythonPeer.StartServerAsync(
                    Certificates.PathOf("server.pem"), Certificates.PathOf("server.key"), Certificates.PathOf("authority.pem"));
                Address = $"https://127.0.0.1:{port}";
            }
        }

        public ValueTask DisposeAsync()
        {
            _peer?.Dispose();
            Certificates.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>grpcio's client with its certificate and our server, which takes no client without one.</summary>
public sealed class GrpcioTlsClientTests(GrpcioTlsClientTests.Run run) : IClassFixture<GrpcioTlsClientTests.Run>
{
    public static TheoryData<string> Cases => new([.. InteropCases.All.Keys, "server_side_timeout"]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_case_passes(string name)
    {
        Assert.SkipUnless(PythonPeer.GrpcVersion is not null, PythonPeer.Missing);
        Assert.Equal("ok", run.Said.GetValueOrDefault(name, "the client ended before this case"));
    }

    [Fact]
    public void A_client_without_a_certificate_is_refused()
    {
        Assert.SkipUnless(PythonPeer.GrpcVersion is not null, PythonPeer.Missing);
        Assert.Contains("StatusCode.UNAVAILABLE", run.SaidWithout["empty_unary"], StringComparison.Ordinal);
    }

    public sealed class Run : IAsyncLifetime
    {
        public IReadOnlyDictionary<string, string> Said { get; private set; } = new Dictionary<string, string>();

        public IReadOnlyDictionary<string, string> SaidWithout { get; private set; } = new Dictionary<string, string>();

        public async ValueTask InitializeAsync()
        {
            if (PythonPeer.GrpcVersion is null)
            {
                return;
            }

            using var certificates = new Certificates();
            await using var server = await InteropServer.StartAsync(Tls.Listening(certificates));
            string root = certificates.PathOf("authority.pem"), own = certificates.PathOf("worker-7.pem"), key = certificates.PathOf("worker-7.key");
            var target = $"127.0.0.1:{server.Port}";
            Said = await PythonPeer.RunClientAsync(target, root, own, key);
            SaidWithout = await PythonPeer.RunClientAsync(target, "--only", "empty_unary", root);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>Our client and our server, each with its certificate.</summary>
public sealed class OurTlsTests(OurTlsTests.Server server) : IClassFixture<OurTlsTests.Server>
{
    public static TheoryData<string> Cases => new(InteropCases.All.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_case_passes(string name)
    {
        using var cases = new InteropCases(server.Address, serverSeesCompression: true, Tls.Handler(server.Certificates, server.Certificates.Client));
        await InteropCases.All[name](cases);
    }

    public sealed class Server : IAsyncLifetime
    {
        private InteropServer? _server;

        internal Certificates Certificates { get; } = new();

        public string Address => _server!.Address;

        public async ValueTask InitializeAsync() => _server = await InteropServer.StartAsync(Tls.Listening(Certificates));

        public async ValueTask DisposeAsync()
        {
            await _server!.DisposeAsync();
            Certificates.Dispose();
        }
    }
}

/// <summary>Both ends of TLS under an authority of the test's own.</summary>
file static class Tls
{
    /// <summary>Trusts servers of the authority and shows a certificate, if one is given.</summary>
    public static SocketsHttpHandler Handler(Certificates certificates, X509Certificate2? own) => new()
    {
        SslOptions =
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 shown && certificates.Trusts(shown),
            ClientCertificates = own is null ? null : [own],
        },
    };

    /// <summary>Takes only clients of the authority.</summary>
    public static Action<ListenOptions> Listening(Certificates certificates) => options => options.UseHttps(https =>
    {
        https.ServerCertificate = certificates.Server;
        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        https.ClientCertificateValidation = (certificate, _, _) => certificates.Trusts(certificate);
    });
}
