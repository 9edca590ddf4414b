using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Orchestrator.Training.Data.Building;

/// <summary>A second name for a file, as <c>link(2)</c> makes it: both names hold the same bytes, which stay until the last is gone.</summary>
internal static partial class HardLink
{
    private const int NoEntry = 2;

    /// <summary>Gives a file another name.</summary>
    /// <returns>Whether it has it: not where the name would lie on another file system, or on one without such links, or where the file may not be linked.</returns>
    /// <exception cref="IOException">There is no such file, or no such folder.</exception>
    public static bool TryMake(string file, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        if (Link(file, name) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoEntry ? throw new IOException($"'{file}' cannot be linked as '{name}': {new Win32Exception(error).Message}.") : false;
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string file, string name);
}
