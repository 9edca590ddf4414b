using System.Text;

namespace Orchestrator.Coordinator.Storage;

/// <summary>The ledger's place in a run's folder.</summary>
internal interface IRunFolder
{
    /// <summary>Whether the folder is there.</summary>
    bool Exists { get; }

    /// <summary>The file's text, or null where there is none.</summary>
    string? Read();

    /// <summary>The file's last characters, at most so many; null where there is none.</summary>
    string? ReadEnd(int characters);

    /// <summary>Adds to the file's end. After a crash a part of it may be there.</summary>
    void Append(string text);

    /// <summary>Writes the file anew: after a crash it is the old one or the new one. Makes the folder.</summary>
    void Replace(string text);
}

/// <summary>A run's folder on a disk.</summary>
internal sealed class RunFolder(string folder) : IRunFolder
{
    private string FilePath => Path.Combine(folder, Core.Runs.Ledger.FileName);

    /// <inheritdoc/>
    public bool Exists => Directory.Exists(folder);

    /// <inheritdoc/>
    public string? Read() => File.Exists(FilePath) ? File.ReadAllText(FilePath) : null;

    /// <inheritdoc/>
    public string? ReadEnd(int characters)
    {
        if (!File.Exists(FilePath))
        {
            return null;
        }

        using var file = File.OpenRead(FilePath);
        file.Seek(-Math.Min(characters, file.Length), SeekOrigin.End);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    /// <inheritdoc/>
    public void Append(string text)
    {
        Failpoint.Pass("ledger.append");
        File.AppendAllText(FilePath, text);
        Failpoint.Pass("ledger.appended");
    }

    /// <inheritdoc/>
    public void Replace(string text)
    {
        Directory.CreateDirectory(folder);
        var temporary = FilePath + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            Failpoint.Pass("ledger.fsync");
            file.Flush(flushToDisk: true);
        }

        Failpoint.Pass("ledger.rename");
        File.Move(temporary, FilePath, overwrite: true);
        Failpoint.Pass("ledger.renamed");
    }
}
