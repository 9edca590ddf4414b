using System.Runtime.InteropServices;

namespace Orchestrator.Training.Native;

/// <summary>Makes names in a folder outlast a power cut.</summary>
internal static partial class FileSync
{
    private const int DirectoryOnly = 0x10000;
    private const int CurrentFolder = -100;
    private const uint Exchange = 2;

    /// <summary>fsync(2) of a folder, so that files created, renamed and removed in it stay so.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Folder(string path)
    {
        var descriptor = Open(path, DirectoryOnly);
        if (descriptor < 0)
        {
            throw new IOException($"The folder '{path}' cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        var status = Sync(descriptor);
        var message = Marshal.GetLastPInvokeErrorMessage();
        _ = Close(descriptor);
        if (status != 0)
        {
            throw new IOException($"The folder '{path}' cannot be flushed to disk: {message}.");
        }
    }

    /// <summary>Lets two names of one file system change places in one step (renameat2).</summary>
    /// <returns>False where the file system cannot.</returns>
    public static bool TryExchange(string one, string other) => Rename(CurrentFolder, one, CurrentFolder, other, Exchange) == 0;

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Rename(int folder, string one, int otherFolder, string other, uint flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Close(int descriptor);
}
