using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Orchestrator.Tests.Cluster;

/// <summary>A running <c>orchestrator</c> command.</summary>
public sealed partial class Cli : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly List<string> _errors = [];
    private readonly List<(List<string> From, Func<string, bool> Wanted, TaskCompletionSource<string> Found)> _waiting = [];
    private readonly Lock _gate = new();
    private readonly Task _reading;

    private Cli(Sandbox sandbox, string program, string[] arguments)
    {
        var path = Path.Combine(Sandbox.Programs, program);
        // A test that a shell runs in the background inherits that Ctrl-C is ignored; what it starts must not.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", path, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = sandbox.Root,
        };
        start.Environment.Remove("ORCHESTRATOR_TOKEN");
        start.Environment["ORCHESTRATOR_BIN"] = Path.GetDirectoryName(path);
        _process = Process.Start(start)!;
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput, _lines), ReadAsync(_process.StandardError, _errors));
    }

    /// <summary>The process.</summary>
    public Process Process => _process;

    /// <summary>Starts a command.</summary>
    public static Cli Start(Sandbox sandbox, params string[] arguments) => new(sandbox, "orchestrator", arguments);

    /// <summary>Starts another of the programs, or one of another folder by its path; it finds the others beside it.</summary>
    public static Cli StartProgram(Sandbox sandbox, string program, params string[] arguments) => new(sandbox, program, arguments);

    /// <summary>Runs a command to its end.</summary>
    public static async Task<Outcome> RunAsync(Sandbox sandbox, params string[] arguments)
    {
        await using var command = Start(sandbox, arguments);
        return await command.EndAsync();
    }

    /// <summary>Waits for the command's end, some minutes unless more are asked for.</summary>
    public async Task<Outcome> EndAsync(TimeSpan? longest = null)
    {
        using var limit = new CancellationTokenSource(longest ?? s_limit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            await _reading.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException error)
        {
            throw new TimeoutException($"The command did not end in {longest ?? s_limit}:\n{Said()}", error);
        }

        lock (_gate)
        {
            return new Outcome(_process.ExitCode, [.. _lines], [.. _errors]);
        }
    }

    /// <summary>Waits for a line of output.</summary>
    public Task<string> SawAsync(Func<string, bool> wanted) => SawAsync(_lines, wanted);

    /// <summary>Waits for a line on standard error.</summary>
    public Task<string> SawErrorAsync(Func<string, bool> wanted) => SawAsync(_errors, wanted);

    private async Task<string> SawAsync(List<string> from, Func<string, bool> wanted)
    {
        TaskCompletionSource<string> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (from.Find(line => wanted(line)) is { } line)
            {
                return line;
            }

            _waiting.Add((from, wanted, found));
        }

        var first = await Task.WhenAny(found.Task, _reading, Task.Delay(s_limit, TimeProvider.System));
        return first == found.Task || found.Task.IsCompleted ? await found.Task : throw new TimeoutException($"The line did not come:\n{Said()}");
    }

    /// <summary>Waits until a step of at least this number is reported (needs --json).</summary>
    public Task<string> SawStepAsync(long step) =>
        SawAsync(line => JsonNode.Parse(line) is { } e && (string?)e["event"] == "step" && (long)e["step"]! >= step);

    /// <summary>Sends a signal to the command alone.</summary>
    public void Signal(int signal) => _ = Kill(_process.Id, signal);

    /// <summary>Sends a signal to a process.</summary>
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int processId, int signal);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader, List<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            List<TaskCompletionSource<string>> found = [];
            lock (_gate)
            {
                lines.Add(line);
                found.AddRange(_waiting.Where(w => w.From == lines && w.Wanted(line)).Select(w => w.Found));
                _waiting.RemoveAll(w => found.Contains(w.Found));
            }

            found.ForEach(f => f.TrySetResult(line));
        }
    }

    private string Said()
    {
        lock (_gate)
        {
            return string.Join('\n', _lines.TakeLast(40).Concat(_errors));
        }
    }
}

/// <summary>How a command ended.</summary>
public sealed record Outcome(int ExitCode, IReadOnlyList<string> Lines, IReadOnlyList<string> Errors)
{
    /// <summary>All that it said.</summary>
    public string All => string.Join('\n', Lines.Concat(Errors));

    /// <summary>Its last line, as JSON.</summary>
    public JsonNode Last => JsonNode.Parse(Lines[^1])!;

    /// <summary>The events of one kind (needs --json).</summary>
    public IEnumerable<JsonNode> Events(string kind) => Lines.Select(line => JsonNode.Parse(line)!).Where(e => (string?)e["event"] == kind);
}
