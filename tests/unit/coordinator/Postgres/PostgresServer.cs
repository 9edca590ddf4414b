using System.Diagnostics;
using Npgsql;
using Xunit;

namespace Orchestrator.Tests.Coordinator.Postgres;

/// <summary>A PostgreSQL server of its own, from the system's package, reached by a socket in a temporary folder.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private const string Missing = "PostgreSQL's server is not installed here (apt-get install postgresql).";

    private readonly string _folder = Directory.CreateTempSubdirectory("postgres-").FullName;
    private string? _programs;
    private int _databases;

    public async ValueTask InitializeAsync()
    {
        _programs = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).LastOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")))
            : null;
        // The server refuses to run as root; its package brings a user.
        if (_programs is null || (Environment.UserName == "root" && !await RunAsync("chown", "postgres", _folder)))
        {
            _programs = null;
            return;
        }

        var data = Path.Combine(_folder, "data");
        var started = await AsServerAsync("initdb", "-D", data, "-U", "orchestrator", "-A", "trust", "--no-sync")
            && await AsServerAsync("pg_ctl", "-D", data, "-w", "-t", "60", "-l", Path.Combine(_folder, "log"), "-o", $"-c listen_addresses= -c unix_socket_directories={_folder}", "start");
        Assert.True(started, "the server did not start");
    }

    /// <summary>A new, empty database; skips the test where there is no server.</summary>
    public async Task<string> DatabaseAsync()
    {
        Assert.SkipWhen(_programs is null, Missing);
        var name = $"test{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(Connection("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync();
        return Connection(name);
    }

    public async ValueTask DisposeAsync()
    {
        if (_programs is not null)
        {
            NpgsqlConnection.ClearAllPools();
            await AsServerAsync("pg_ctl", "-D", Path.Combine(_folder, "data"), "-m", "immediate", "stop");
            Directory.Delete(_folder, recursive: true);
        }
    }

    private string Connection(string database) => $"Host={_folder};Username=orchestrator;Database={database}";

    private Task<bool> AsServerAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(_programs!, program);
        return Environment.UserName == "root" ? RunAsync("runuser", ["-u", "postgres", "--", path, .. arguments]) : RunAsync(path, arguments);
    }

    private async Task<bool> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "\"$0\" \"$@\" > /dev/null 2>&1", program, .. arguments])
        {
            UseShellExecute = false,
            WorkingDirectory = _folder,
        })!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }
}
