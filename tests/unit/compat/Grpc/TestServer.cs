using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Tests.Compat.Grpc;

/// <summary>A real server on a free loopback port, with a channel to it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private TestServer(WebApplication application, GrpcChannelOptions options)
    {
        _application = application;
        Address = application.Urls.Single();
        Channel = GrpcChannel.ForAddress(Address, options);
    }

    public string Address { get; }

    public GrpcChannel Channel { get; }

    /// <summary>Asks the application to stop, as SIGTERM does.</summary>
    public void BeginToStop() => _application.Lifetime.StopApplication();

    public static async Task<TestServer> StartAsync<TService>(
        TService service,
        Action<GrpcServiceOptions>? configure = null,
        GrpcChannelOptions? channel = null,
        Action<ListenOptions>? listen = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null)
        where TService : class
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, options =>
        {
            options.Protocols = HttpProtocols.Http2;
            listen?.Invoke(options);
        }));
        builder.Services.AddGrpc(options => configure?.Invoke(options));
        builder.Services.AddSingleton(service);
        services?.Invoke(builder.Services);
        var application = builder.Build();
        application.MapGrpcService<TService>();
        map?.Invoke(application);
        await application.StartAsync();
        return new(application, channel ?? new GrpcChannelOptions());
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
    }
}
