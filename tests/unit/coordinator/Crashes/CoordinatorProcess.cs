using System.Diagnostics;
using Grpc.Net.Client;
using Xunit;

namespace Orchestrator.Tests.Coordinator.Crashes;

/// <summary>A coordinator in a process of its own, which may be told where to die.</summary>
internal sealed class CoordinatorProcess : IAsyncDisposable
{
    /// <summary>The exit code of a process that SIGKILL ended.</summary>
    public const int Killed = 137;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private CoordinatorProcess(Process process, GrpcChannel channel) => (_process, Channel) = (process, channel);

    public GrpcChannel Channel { get; }

    /// <summary>What it tells others that its URL is.</summary>
    public required string Advertised { get; init; }

    private Task<string> Said { get; init; } = Task.FromResult("");

    /// <summary>Starts one on a data folder and waits until it serves.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="failpoint">Where it dies; null: nowhere.</param>
    /// <param name="database">PostgreSQL's connection string; null: a file.</param>
    /// <returns>Null if it died before it served.</returns>
    public static async Task<CoordinatorProcess?> StartAsync(string folder, string? failpoint, string? database = null)
    {
        var advertised = $"http://{Path.GetFileName(folder)}:7070";
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "orchestrator-coordinator"), ["--data", folder, "--listen", "http://127.0.0.1:0", "--advertise", advertised])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["ORCHESTRATOR_TOKEN"] = CoordinatorFixture.Token;
        start.Environment["ORCHESTRATOR_CHILD"] = "1";
        start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath) is { } host && File.Exists(Path.Combine(host, "dotnet")) ? host : Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "";
        start.Environment["ORCHESTRATOR_DATABASE"] = database ?? "";
        start.Environment["ORCHESTRATOR_FAILPOINT"] = failpoint ?? "";
        var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(s_limit);
        while (await process.StandardError.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("Listening at ", StringComparison.Ordinal))
            {
                var said = process.StandardError.ReadToEndAsync(CancellationToken.None);
                return new CoordinatorProcess(process, GrpcChannel.ForAddress(new Uri(line["Listening at ".Length..]))) { Advertised = advertised, Said = said };
            }
        }

        await process.WaitForExitAsync(limit.Token);
        Assert.True(failpoint is null || process.ExitCode == Killed, $"it did not die at {failpoint} but left with exit code {process.ExitCode}");
        return null;
    }

    /// <summary>Waits until it is gone.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> DieAsync()
    {
        using var limit = new CancellationTokenSource(s_limit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <summary>Kills it.</summary>
    /// <returns>What its log said.</returns>
    public async Task<string> EndAsync()
    {
        _process.Kill();
        await DieAsync();
        return await Said;
    }

    /// <summary>Kills it, if it still lives.</summary>
    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        _process.Kill();
        await DieAsync();
        _process.Dispose();
    }
}
