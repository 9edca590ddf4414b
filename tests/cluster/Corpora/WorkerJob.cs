using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Orchestrator.Tests.Cluster.Corpora;

/// <summary>A running <c>orchestrator-worker job</c>: the process that does a command's work.</summary>
internal sealed class WorkerJob : IDisposable
{
    private readonly Process _process;
    private readonly Task _reading;
    private readonly List<string> _said = [];

    private WorkerJob(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>The most memory it was seen to hold when it said something, bytes.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Starts a job.</summary>
    public static WorkerJob Start(string name, JsonObject request)
    {
        var process = Process.Start(new ProcessStartInfo(Path.Combine(Sandbox.Programs, "orchestrator-worker"), ["job", name])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        // It stays open: a job ends with whoever asked for it.
        process.StandardInput.WriteLine(request.ToJsonString());
        process.StandardInput.Flush();
        return new WorkerJob(process);
    }

    /// <summary>Runs a job to its end.</summary>
    /// <exception cref="InvalidOperationException">It fails.</exception>
    public static async Task<WorkerJob> RunAsync(string name, JsonObject request, CancellationToken cancellationToken)
    {
        using var job = Start(name, request);
        await job._process.WaitForExitAsync(cancellationToken);
        await job._reading;
        return job._process.ExitCode == 0 ? job : throw new InvalidOperationException($"the job ended with {job._process.ExitCode}: {string.Join('\n', job._said.TakeLast(5))}");
    }

    /// <summary>Ends it as a crash of the machine would, after some time.</summary>
    /// <returns>Whether it was still at work.</returns>
    public async Task<bool> KillAsync(TimeSpan after, CancellationToken cancellationToken)
    {
        await Task.WhenAny(_process.WaitForExitAsync(cancellationToken), Task.Delay(after, TimeProvider.System, cancellationToken));
        var isAtWork = !_process.HasExited;
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
        return isAtWork;
    }

    public void Dispose() => _process.Dispose();

    private async Task ReadAsync(StreamReader lines)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            lock (_said)
            {
                _said.Add(line);
                PeakBytes = Math.Max(PeakBytes, Peak());
            }
        }
    }

    private long Peak()
    {
        try
        {
            var line = File.ReadLines($"/proc/{_process.Id}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            // It has ended.
            return 0;
        }
    }
}
