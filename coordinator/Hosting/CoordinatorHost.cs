using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Coordinator.Services;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core;
using Orchestrator.Core.Runs;

namespace Orchestrator.Coordinator.Hosting;

/// <summary>A coordinator that serves, from start to stop.</summary>
internal sealed class CoordinatorHost : IAsyncDisposable
{
    /// <summary>The file in the data folder that names the URL while the coordinator serves.</summary>
    public const string EndpointFile = "endpoint";

    private readonly WebApplication _app;
    private readonly FileStream _lock;
    private readonly string _endpointFile;

    private CoordinatorHost(WebApplication app, FileStream folderLock, string endpointFile)
    {
        (_app, _lock, _endpointFile) = (app, folderLock, endpointFile);
        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>();
        Address = new Uri(addresses.Addresses.First());
    }

    /// <summary>Where it listens, with the real port.</summary>
    public Uri Address { get; }

    /// <summary>Starts a coordinator; when this returns, it serves.</summary>
    /// <exception cref="BadInputException">The folder or the address cannot be used.</exception>
    public static async Task<CoordinatorHost> StartAsync(
        CoordinatorSettings settings, CancellationToken cancellationToken, ClusterOptions? options = null, TimeProvider? clock = null)
    {
        RequireFree(settings.Listen);
        var folderLock = LockFolder(settings.DataFolder);
        try
        {
            // One that was killed left its last word.
            File.Delete(Path.Combine(settings.DataFolder, EndpointFile));
            var app = Build(settings, options ?? new ClusterOptions(), clock ?? TimeProvider.System);
            try
            {
                await app.StartAsync(cancellationToken);
            }
            catch (IOException e)
            {
                await app.DisposeAsync();
                throw CannotListen(settings.Listen, e);
            }

            var host = new CoordinatorHost(app, folderLock, Path.Combine(settings.DataFolder, EndpointFile));
            await host.WriteEndpointAsync(cancellationToken);
            return host;
        }
        catch
        {
            await folderLock.DisposeAsync();
            throw;
        }
    }

    /// <summary>Serves until someone asks it to stop or it fails.</summary>
    /// <returns>The failure, or null.</returns>
    public async Task<Exception?> WaitAsync(CancellationToken cancellationToken)
    {
        await _app.WaitForShutdownAsync(cancellationToken);
        return _app.Services.GetRequiredService<Conductor>().Failure;
    }

    /// <summary>Stops serving. Workers go on and come back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        var store = _app.Services.GetRequiredService<SqlRunStore>();
        await _app.DisposeAsync();
        store.Close();
        File.Delete(_endpointFile);
        await _lock.DisposeAsync();
    }

    private static WebApplication Build(CoordinatorSettings settings, ClusterOptions options, TimeProvider clock)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ContentRootPath = settings.DataFolder });
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(settings.LogLevel);
        // A start that fails is told in one sentence by whoever starts.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        if (settings.LogLevel == LogLevel.None)
        {
            builder.Logging.AddFilter(_ => false);
        }

        builder.Logging.AddConsole(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.FormatterName = settings.JsonLog ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple;
        });
        builder.Logging.AddSimpleConsole(line => line.SingleLine = true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Sessions and watches are quiet for as long as nothing happens.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            Listen(kestrel, settings.Listen);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));

        var store = settings.Database is { } database
            ? new SqlRunStore(new PostgresDialect(database), "The database of --database")
            : new SqlRunStore(new SqliteDialect(settings.DataFolder), $"--data {settings.DataFolder}");
        builder.Services.AddSingleton(settings).AddSingleton(options).AddSingleton(clock).AddSingleton(store).AddSingleton<IRunStore>(store);
        builder.Services.AddSingleton(new TokenStore(store, settings.Token));
        builder.Services.AddSingleton<RendezvousRooms>().AddSingleton<RunFeeds>().AddSingleton<Submissions>();
        builder.Services.AddSingleton<Func<ControlState>>(services => () => new ControlState(
            store, services.GetRequiredService<RendezvousRooms>(), services.GetRequiredService<RunFeeds>(), folder => new RunFolder(folder), clock, options));
        builder.Services.AddSingleton<Conductor>().AddHostedService(services => services.GetRequiredService<Conductor>());
        builder.Services.AddGrpc();
        builder.Services
            .AddGrpcHealthChecks(options =>
            {
                options.Services.Map("", check => check.Name == ConductorHealth.Name);
                options.Services.Map(LeaderHealth.Name, check => check.Name == LeaderHealth.Name);
            })
            .AddCheck<ConductorHealth>(ConductorHealth.Name)
            .AddCheck<LeaderHealth>(LeaderHealth.Name);

        var app = builder.Build();
        app.UseMiddleware<TokenGate>();
        app.MapGrpcService<RunsService>();
        app.MapGrpcService<WorkersService>();
        app.MapGrpcService<RendezvousService>();
        app.MapGrpcService<CheckpointsService>();
        app.MapGrpcHealthChecksService();
        return app;
    }

    // Seen before the folder is touched. Whoever takes the port in between is met when the server starts.
    private static void RequireFree(Uri address)
    {
        if (!IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
        {
            ip = IPAddress.Loopback;
        }

        try
        {
            using var probe = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(ip, address.Port));
        }
        catch (SocketException e)
        {
            throw CannotListen(address, e);
        }
    }

    private static BadInputException CannotListen(Uri address, Exception e) =>
        new($"The coordinator cannot listen at {address.GetLeftPart(UriPartial.Authority)}: {Cause(e)}; name another with --listen.", e);

    private static void Listen(KestrelServerOptions kestrel, Uri address)
    {
        static void Http2(ListenOptions listen) => listen.Protocols = HttpProtocols.Http2;
        if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
        {
            kestrel.Listen(ip, address.Port, Http2);
        }
        else if (address.Host == "localhost")
        {
            kestrel.Listen(IPAddress.Loopback, address.Port, Http2);
        }
        else
        {
            throw new BadInputException($"--listen must name an IP address of this machine (0.0.0.0 for all) or localhost, was {address.Host}");
        }
    }

    private static FileStream LockFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"--data {folder} cannot be used ({e.Message}); if another coordinator uses it, name another folder.", e);
        }
    }

    private async Task WriteEndpointAsync(CancellationToken cancellationToken)
    {
        var temporary = _endpointFile + ".tmp";
        await File.WriteAllTextAsync(temporary, $"{Address.GetLeftPart(UriPartial.Authority)}\n", cancellationToken);
        Failpoint.Pass("endpoint.rename");
        File.Move(temporary, _endpointFile, overwrite: true);
        Failpoint.Pass("endpoint.renamed");
    }

    private static string Cause(Exception e) => e.GetBaseException() is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }
        ? "the port is in use" : e.GetBaseException().Message.TrimEnd('.');
}
