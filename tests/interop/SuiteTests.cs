using Xunit;

namespace Orchestrator.InteropTests;

/// <summary>Our client and our server.</summary>
public sealed class OurClientAndServerTests(OurClientAndServerTests.Server server) : IClassFixture<OurClientAndServerTests.Server>
{
    public static TheoryData<string> Cases => new(InteropCases.All.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_case_passes(string name)
    {
        using var cases = new InteropCases(server.Address, serverSeesCompression: true);
        await InteropCases.All[name](cases);
    }

    public sealed class Server : IAsyncLifetime
    {
        private InteropServer? _server;

        public string Address => _server!.Address;

        public async ValueTask InitializeAsync() => _server = await InteropServer.StartAsync();

        public ValueTask DisposeAsync() => _server!.DisposeAsync();
    }
}

/// <summary>Our client and grpcio's server.</summary>
public sealed class GrpcioServerTests(GrpcioServerTests.Server server) : IClassFixture<GrpcioServerTests.Server>
{
    public static TheoryData<string> Cases => new(InteropCases.All.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_case_passes(string name)
    {
        Assert.SkipUnless(PythonPeer.GrpcVersion is not null, PythonPeer.Missing);
        using var cases = new InteropCases(server.Address, serverSeesCompression: false);
        await InteropCases.All[name](cases);
    }

    public sealed class Server : IAsyncLifetime
    {
        private PythonPeer? _peer;

        public string Address { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            if (PythonPeer.GrpcVersion is not null)
            {
                (_peer, var port) = await PythonPeer.StartServerAsync();
                Address = $"http://127.0.0.1:{port}";
            }
        }

        public ValueTask DisposeAsync()
        {
            _peer?.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>grpcio's client and our server.</summary>
public sealed class GrpcioClientTests(GrpcioClientTests.Run run) : IClassFixture<GrpcioClientTests.Run>
{
    public static TheoryData<string> Cases => new([.. InteropCases.All.Keys, "server_side_timeout"]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_case_passes(string name)
    {
        Assert.SkipUnless(PythonPeer.GrpcVersion is not null, PythonPeer.Missing);
        Assert.Equal("ok", run.Said.GetValueOrDefault(name, "the client ended before this case"));
    }

    public sealed class Run : IAsyncLifetime
    {
        public IReadOnlyDictionary<string, string> Said { get; private set; } = new Dictionary<string, string>();

        public async ValueTask InitializeAsync()
        {
            if (PythonPeer.GrpcVersion is not null)
            {
                await using var server = await InteropServer.StartAsync();
                Said = await PythonPeer.RunClientAsync($"127.0.0.1:{server.Port}");
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
