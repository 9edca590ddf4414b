using System.Diagnostics;

namespace Orchestrator.Cli.Local;

/// <summary>A coordinator or worker that this process started.</summary>
/// <remarks>
/// The child lives no longer than this process: it holds the read end of a pipe whose other end is here, and leaves at the end of the
/// stream, which the kernel brings even when this process is killed. It is in a session of its own, so that the terminal's Ctrl-C does
/// not reach it. What it prints goes straight to its log file.
/// </remarks>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(string name, string log, Process process)
    {
        Name = name;
        Log = log;
        _process = process;
        Exited = WaitAsync();
    }

    /// <summary>What people call it: coordinator, worker 0.</summary>
    public string Name { get; }

    /// <summary>The file that holds what it prints.</summary>
    public string Log { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Ends with its exit code when it has left.</summary>
    public Task<int> Exited { get; }

    /// <summary>Starts a program.</summary>
    public static ChildProcess Start(string name, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string log)
    {
        var isolate = File.Exists("/usr/bin/setsid");
        var start = new ProcessStartInfo(isolate ? "/usr/bin/setsid" : "/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string[] shell = ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", log, program];
        foreach (var argument in (isolate ? ["/bin/sh"] : Array.Empty<string>()).Concat(shell).Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        return new ChildProcess(name, log, Process.Start(start)!);
    }

    /// <summary>Asks it to leave by ending its standard input, and kills it where it has not left in time.</summary>
    public async Task StopAsync(TimeSpan patience, TimeProvider clock)
    {
        try
        {
            _process.StandardInput.Close();
            await Exited.WaitAsync(patience, clock);
        }
        catch (TimeoutException)
        {
            Kill();
            await Exited;
        }
    }

    /// <summary>Kills it.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    /// <summary>The last line that it printed, for an error's text.</summary>
    public string LastLine()
    {
        try
        {
            using var stream = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            stream.Seek(-Math.Min(stream.Length, 8192), SeekOrigin.End);
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    public void Dispose() => _process.Dispose();

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }
}
