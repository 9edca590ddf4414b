namespace Orchestrator.Core.Jobs;

/// <summary>The folder that a job is asked to write to.</summary>
public static class OutFolder
{
    /// <summary>Makes the folder where it is not there yet.</summary>
    /// <exception cref="BadInputException">It is a file, or cannot be made.</exception>
    public static void Make(string path)
    {
        if (File.Exists(path))
        {
            throw new BadInputException($"out: '{path}' is a file; name a folder with --out.");
        }

        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"out: the folder '{path}' cannot be made ({error.Message.TrimEnd('.')}); name another with --out.", error);
        }
    }
}
