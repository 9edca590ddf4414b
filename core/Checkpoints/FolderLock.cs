using System.Globalization;
using System.Text;

namespace Orchestrator.Core.Checkpoints;

/// <summary>Keeps a folder to one process at a time. The system lets go of it when the process ends, however it ends.</summary>
public sealed class FolderLock : IDisposable
{
    /// <summary>The lock's file name in the folder.</summary>
    public const string FileName = ".lock";

    private const string HolderFileName = ".lock-holder";
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes a folder's lock; makes the folder where there is none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="holder">Who takes it, for the message others get: "run small-1".</param>
    /// <exception cref="BadInputException">Another holds it; the message names who.</exception>
    public static FolderLock Acquire(string folder, string holder)
    {
        Directory.CreateDirectory(folder);
        var holderPath = Path.Combine(folder, HolderFileName);
        FileStream file;
        try
        {
            // An exclusive flock(2) lasts as long as the file is open.
            file = new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException) && File.Exists(Path.Combine(folder, FileName)))
        {
            throw new BadInputException($"The folder '{folder}' is in use by {ReadHolder(holderPath)}; name another folder, or wait until it is done.", error);
        }

        try
        {
            File.WriteAllText(holderPath, string.Create(CultureInfo.InvariantCulture, $"{holder} (process {Environment.ProcessId} on {Environment.MachineName})"), Encoding.UTF8);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        return new FolderLock(file);
    }

    /// <summary>Lets go.</summary>
    public void Dispose() => _file.Dispose();

    private static string ReadHolder(string path)
    {
        try
        {
            var text = File.ReadAllText(path).Trim();
            return text.Length > 0 ? text : "another process";
        }
        catch (IOException)
        {
            return "another process";
        }
    }
}
