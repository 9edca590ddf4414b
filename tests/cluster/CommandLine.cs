using System.Diagnostics;
using System.Text.Json;

namespace Orchestrator.Tests.Cluster;

/// <summary>The command line as a process, its output as it comes.</summary>
internal sealed class CommandLine : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];

    private CommandLine(Process process) => _process = process;

    /// <summary>The folder of the built programs.</summary>
    public static string Programs { get; } = Environment.GetEnvironmentVariable("ORCHESTRATOR_BIN") is { Length: > 0 } named ? named : Path.Combine(Root(), "dist", "lib");

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>The lines that were read so far.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>A path inside the repository.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root(), .. parts]);

    /// <summary>Starts <c>orchestrator</c> with these arguments.</summary>
    public static CommandLine Start(params string[] arguments)
    {
        // A test that a shell runs in the background inherits that Ctrl-C is ignored; what it starts must not.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", Path.Combine(Programs, "orchestrator"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        return new CommandLine(Process.Start(start)!);
    }

    /// <summary>Runs to the end.</summary>
    public static async Task<(int Code, IReadOnlyList<string> Lines, string Error)> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using var command = Start(arguments);
        var (code, error) = await command.FinishAsync(cancellationToken);
        return (code, command.Lines, error);
    }

    /// <summary>Reads until a line satisfies a condition.</summary>
    /// <exception cref="InvalidOperationException">The output ended before.</exception>
    public async Task<string> UntilAsync(Func<string, bool> condition, CancellationToken cancellationToken)
    {
        while (await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            _lines.Add(line);
            if (condition(line))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"The output ended: {string.Join('\n', _lines.TakeLast(5))}\n{await _process.StandardError.ReadToEndAsync(cancellationToken)}");
    }

    /// <summary>Reads to the end and waits for the exit.</summary>
    public async Task<(int Code, string Error)> FinishAsync(CancellationToken cancellationToken)
    {
        var error = _process.StandardError.ReadToEndAsync(cancellationToken);
        while (await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            _lines.Add(line);
        }

        await _process.WaitForExitAsync(cancellationToken);
        return (_process.ExitCode, await error);
    }

    /// <summary>Sends a signal by its name: INT, TERM, KILL.</summary>
    public static void Signal(int processId, string name)
    {
        using var kill = Process.Start("/bin/sh", ["-c", "kill -$0 $1", name, processId.ToString()]);
        kill.WaitForExit();
    }

    /// <summary>The processes that it started.</summary>
    public IReadOnlyList<int> Children() =>
        [.. Directory.GetDirectories($"/proc/{Id}/task")
            .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(int.Parse)];

    /// <summary>A line's event, or null where it is none of that name.</summary>
    public static JsonElement? Event(string line, string name)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("event").GetString() == name ? document.RootElement.Clone() : null;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No Orchestrator.sln above {AppContext.BaseDirectory}.");
    }
}
