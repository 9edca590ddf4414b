using Orchestrator.Core;
using Orchestrator.Training.Native;

namespace Orchestrator.Training.Checkpoints;

/// <summary>A folder that is there in full or not at all: filled under another name beside it, flushed to disk, then renamed.</summary>
public static class NewFolder
{
    /// <summary>Refuses a folder that cannot be made anew.</summary>
    /// <exception cref="BadInputException">It exists and is not empty, or is a file.</exception>
    public static void Require(string path)
    {
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
        {
            throw new BadInputException($"out: '{path}' exists and is not empty; name a new folder.");
        }
    }

    /// <summary>Makes the folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="fill">Fills the folder that it is given. What it left half done is removed.</param>
    public static T Make<T>(string path, Func<string, T> fill)
    {
        Require(path);
        var partial = path.TrimEnd(Path.DirectorySeparatorChar) + ".partial";
        if (Directory.Exists(partial))
        {
            Directory.Delete(partial, recursive: true);
        }

        try
        {
            Directory.CreateDirectory(partial);
            var result = fill(partial);
            FileSync.Folder(partial);
            if (Directory.Exists(path))
            {
                Directory.Delete(path);
            }

            Directory.Move(partial, path);
            FileSync.Folder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return result;
        }
        catch
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }

            throw;
        }
    }
}
