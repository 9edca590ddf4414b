using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Remote;

/// <summary>A real S3 server, s3rver, in a process of its own on the loopback interface; the test is skipped where it is not installed.</summary>
internal sealed class S3Server : IDisposable
{
    private readonly string _folder;
    private readonly int _port;
    private Process _process;

    private S3Server(string folder, int port)
    {
        (_folder, _port) = (folder, port);
        _process = Run();
    }

    public string Address => $"http://127.0.0.1:{_port}";

    private static string Program => Path.Combine(TestFiles.Root, "artifacts", "node", "node_modules", "s3rver", "bin", "s3rver.js");

    public static S3Server Start(string folder)
    {
        Assert.SkipUnless(File.Exists(Program), "s3rver is not installed; ./build.sh test installs it");
        Directory.CreateDirectory(folder);
        // The server's own key pair, which it documents.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "S3RVER");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "S3RVER");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return new S3Server(folder, port);
    }

    public void Kill()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    public void StartAgain() => _process = Run();

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private Process Run()
    {
        var start = new ProcessStartInfo("node", [Program, "-d", _folder, "-a", "127.0.0.1", "-p", $"{_port}", "--configure-bucket", "texts"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        var process = Process.Start(start)!;
        _ = process.StandardError.ReadToEndAsync();
        // It says where it listens once it does.
        while (process.StandardOutput.ReadLine() is { } line && !line.Contains("listening", StringComparison.OrdinalIgnoreCase))
        {
        }

        _ = process.StandardOutput.ReadToEndAsync();
        return process;
    }
}
