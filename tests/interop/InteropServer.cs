using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Orchestrator.InteropTests;

/// <summary>Our server of the suite on a free loopback port.</summary>
internal sealed class InteropServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private InteropServer(WebApplication application) => _application = application;

    public string Address => _application.Urls.Single();

    public int Port => new Uri(Address).Port;

    public static async Task<InteropServer> StartAsync(Action<ListenOptions>? listen = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, options =>
        {
            options.Protocols = HttpProtocols.Http2;
            listen?.Invoke(options);
        }));
        builder.Services.AddGrpc();
        var application = builder.Build();
        application.MapGrpcService<InteropService>();
        await application.StartAsync();
        return new(application);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
