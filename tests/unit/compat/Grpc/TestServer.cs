using System.Collections.Concurrent;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Tests.Compat.Protos;

namespace Orchestrator.Tests.Compat.Grpc;

/// <summary>A real server on a free loopback port, with a channel to it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ErrorLog _log;

    private TestServer(WebApplication application, ErrorLog log, GrpcChannelOptions options)
    {
        _application = application;
        _log = log;
        Address = application.Urls.Single();
        Channel = GrpcChannel.ForAddress(Address, options);
    }

    public string Address { get; }

    public GrpcChannel Channel { get; }

    public Echo.EchoClient Client => new(Channel);

    /// <summary>What the server logged as errors.</summary>
    public IReadOnlyCollection<string> Errors => _log.Errors;

    /// <summary>Asks the application to stop, as SIGTERM does.</summary>
    public void BeginToStop() => _application.Lifetime.StopApplication();

    public static async Task<TestServer> StartAsync<TService>(
        TService service,
        Action<GrpcServiceOptions>? configure = null,
        GrpcChannelOptions? channel = null,
        Action<ListenOptions>? listen = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null,
        bool mapService = true,
        int port = 0)
        where TService : class
    {
        var builder = WebApplication.CreateSlimBuilder();
        var log = new ErrorLog();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, port, options =>
        {
            options.Protocols = HttpProtocols.Http2;
            listen?.Invoke(options);
        }));
        builder.Services.AddGrpc(options => configure?.Invoke(options));
        builder.Services.AddSingleton(service);
        services?.Invoke(builder.Services);
        var application = builder.Build();
        if (mapService)
        {
            application.MapGrpcService<TService>();
        }

        map?.Invoke(application);
        await application.StartAsync();
        return new(application, log, channel ?? new GrpcChannelOptions());
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
    }

    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _errors = new();

        public IReadOnlyCollection<string> Errors => _errors;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
            {
                _errors.Enqueue($"{formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
