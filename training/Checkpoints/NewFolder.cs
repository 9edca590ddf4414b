using Orchestrator.Core;
using Orchestrator.Training.Native;

namespace Orchestrator.Training.Checkpoints;

/// <summary>A folder that is there in full or not at all: filled under another name beside it, flushed to disk, then renamed.</summary>
public static class NewFolder
{
    private const string WorkFile = ".work";

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
    /// <param name="fill">Fills the folder that it is given. What it left half done is removed, unless it can go on.</param>
    /// <param name="work">Names the work where it can go on with what it left half done: that stays, and is given again to the same work. Null: it cannot.</param>
    public static T Make<T>(string path, Func<string, T> fill, string? work = null)
    {
        Require(path);
        var partial = path.TrimEnd(Path.DirectorySeparatorChar) + ".partial";
        var name = Path.Combine(partial, WorkFile);
        if (Directory.Exists(partial) && (work is null || !File.Exists(name) || File.ReadAllText(name) != work))
        {
            Directory.Delete(partial, recursive: true);
        }

        try
        {
            Directory.CreateDirectory(partial);
            if (work is not null)
            {
                File.WriteAllText(name, work);
            }

            var result = fill(partial);
            File.Delete(name);
            FileSync.Folder(partial);
            if (Directory.Exists(path))
            {
                Directory.Delete(path);
            }

            Directory.Move(partial, path);
            FileSync.Folder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return result;
        }
        catch when (work is null)
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }

            throw;
        }
    }
}
