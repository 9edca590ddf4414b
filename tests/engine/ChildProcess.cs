using System.Diagnostics;
using System.Text;
using Xunit;

namespace Orchestrator.Tests;

/// <summary>
/// A test that runs as a process of its own, so that another can kill it: an explicit test of this assembly which
/// does nothing unless the variable that its parent sets is there.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private const string Variable = "ORCHESTRATOR_TEST_CHILD";
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    /// <param name="type">The class of the test.</param>
    /// <param name="method">The test's name.</param>
    /// <param name="arguments">What it reads with <see cref="Arguments"/>; no ';'.</param>
    public ChildProcess(Type type, string method, params string[] arguments)
        : this(type, method, new Dictionary<string, string>(), arguments)
    {
    }

    /// <param name="type">The class of the test.</param>
    /// <param name="method">The test's name.</param>
    /// <param name="environment">Variables it gets.</param>
    /// <param name="arguments">What it reads with <see cref="Arguments"/>; no ';'.</param>
    public ChildProcess(Type type, string method, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        }

        foreach (var argument in new[] { "-noLogo", "-explicit", "on", "-method", $"{type.FullName}.{method}" })
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment[Variable] = string.Join(';', arguments);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What the parent handed over; the test is skipped where there is no parent.</summary>
    public static string[] Arguments
    {
        get
        {
            var text = Environment.GetEnvironmentVariable(Variable);
            Assert.SkipWhen(text is null, "runs only as a child of another test");
            return text!.Split(';');
        }
    }

    /// <summary>What it wrote so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code: 0 where the test passed.</returns>
    public int Wait()
    {
        Assert.True(_process.WaitForExit(TimeSpan.FromSeconds(60)), $"the child did not end: {Output}");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            _output.AppendLine(line.Data);
        }
    }
}
