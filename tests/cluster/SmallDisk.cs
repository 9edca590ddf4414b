using System.Diagnostics;

namespace Orchestrator.Tests.Cluster;

/// <summary>A disk of 16 MB, where mounting one is permitted.</summary>
internal sealed class SmallDisk : IDisposable
{
    /// <summary>Whether there can be one.</summary>
    public bool IsPermitted { get; } = Environment.UserName == "root";

    /// <summary>Where it is mounted, or null.</summary>
    public string? Folder { get; private set; }

    /// <summary>Writes a file that takes what room there is.</summary>
    public static void Fill(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                stream.Write(block);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    public void Mount(string folder)
    {
        Directory.CreateDirectory(folder);
        Folder = IsPermitted && Run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder) ? folder : null;
    }

    public void Dispose()
    {
        if (Folder is not null)
        {
            Run("umount", "-l", Folder);
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
