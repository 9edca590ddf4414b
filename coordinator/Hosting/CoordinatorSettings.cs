using System.Reflection;

namespace Orchestrator.Coordinator.Hosting;

/// <summary>How a coordinator is started.</summary>
internal sealed record CoordinatorSettings
{
    /// <summary>Where it listens; port 0: any that is free. Default: loopback, port 7070.</summary>
    public Uri Listen { get; init; } = new("http://127.0.0.1:7070");

    /// <summary>Where it keeps its state.</summary>
    public required string DataFolder { get; init; }

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
