using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Orchestrator.InteropTests.Protos;

namespace Orchestrator.InteropTests;

/// <summary>Runs a script of <c>peers/</c> under the system's Python with Debian's grpcio.</summary>
internal sealed class PythonPeer : IDisposable
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Why tests against grpcio are skipped.</summary>
    public const string Missing = "grpcio is not installed (apt-get install python3-grpcio python3-protobuf)";

    private static readonly Lazy<string?> Version = new(FindVersion);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("interop-");

    private PythonPeer(string script, params IEnumerable<string> arguments)
    {
        var descriptor = Path.Combine(_folder.FullName, "testing.pb");
        var files = new FileDescriptorSet();
        files.File.Add(FileDescriptorProto.Parser.ParseFrom(TestingReflection.Descriptor.SerializedData));
        File.WriteAllBytes(descriptor, files.ToByteArray());
        Process = Start([Path.Combine(AppContext.BaseDirectory, "peers", script), descriptor, .. arguments]);
    }

    /// <summary>The version of grpcio; null: it is not installed (Debian: python3-grpcio).</summary>
    public static string? GrpcVersion => Version.Value;

    /// <summary>The process; its standard output is the script's answer.</summary>
    public Process Process { get; }

    /// <summary>Starts the server of the suite.</summary>
    /// <returns>The peer and the port that it serves.</returns>
    public static async Task<(PythonPeer Peer, int Port)> StartServerAsync(params IEnumerable<string> arguments)
    {
        var peer = new PythonPeer("server.py", arguments);
        var line = await peer.Process.StandardOutput.ReadLineAsync();
        return (peer, int.Parse(line ?? throw new InvalidOperationException("The Python server ended at once.")));
    }

    /// <summary>Runs the client of the suite over all cases.</summary>
    /// <returns>What it said of each case; "ok" if it passed.</returns>
    public static async Task<Dictionary<string, string>> RunClientAsync(string target, params IEnumerable<string> arguments)
    {
        using var peer = new PythonPeer("client.py", [target, .. arguments]);
        var said = await peer.Process.StandardOutput.ReadToEndAsync();
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 2))
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
    }

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
        }

        Process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static Process Start(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Python)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{Python} did not start.");

        // grpcio writes its log there; a full pipe would stop it.
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private static string? FindVersion()
    {
        if (!File.Exists(Python))
        {
            return null;
        }

        using var process = Start("-c", "import grpc, google.protobuf; print(grpc.__version__)");
        var version = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? version : null;
    }
}
