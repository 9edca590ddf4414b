using System.Reflection;

namespace Orchestrator.Coordinator.Hosting;

/// <summary>How a coordinator is started.</summary>
internal sealed record CoordinatorSettings
{
    /// <summary>Where it listens; port 0: any that is free. Default: loopback, port 7070.</summary>
    public Uri Listen { get; init; } = new("http://127.0.0.1:7070");

    /// <summary>Where it keeps its state, or, with <see cref="Database"/>, what is its own.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The PostgreSQL database that several coordinators share, as Npgsql takes it; null: SQLite in <see cref="DataFolder"/>.</summary>
    public string? Database { get; init; }

    /// <summary>The URL by which others reach it; null: <see cref="Listen"/>.</summary>
    public Uri? Advertise { get; init; }

    /// <summary>What it tells others that its address is.</summary>
    public Uri Advertised => Advertise ?? Listen;

    /// <summary>How often one that follows tries to take the lead. Default 0.5 s.</summary>
    public TimeSpan ElectionInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What every call must carry.</summary>
    public required string Token { get; init; }

    /// <summary>Whether log lines are JSON.</summary>
    public bool JsonLog { get; init; }

    /// <summary>What is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Names this process.</summary>
    public string Instance { get; init; } = $"{Environment.MachineName}-{Environment.ProcessId}-{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}";

    /// <summary>The product's version; workers must be of the same.</summary>
    public string Version { get; init; } = typeof(CoordinatorSettings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
