using System.Security.Cryptography;
using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Data.Building;

/// <summary>The folder that a build writes to: work happens in OUT/.building and moves out at the end, what makes it a corpus last.</summary>
/// <param name="path">The folder.</param>
internal sealed class BuildFolder(string path)
{
    private const string StateName = "build.json";

    /// <summary>Where the work happens.</summary>
    public string Work { get; } = Path.Combine(path, ".building");

    /// <summary>Where the results wait to be moved out.</summary>
    public string Results => Path.Combine(Work, "out");

    /// <summary>The request that what lies here was built for, as its digest, or null.</summary>
    public string? Request
    {
        get
        {
            var state = Path.Combine(path, StateName);
            return File.Exists(state) ? File.ReadAllText(state).Trim() : null;
        }
    }

    /// <summary>Keeps other builds out until it is disposed.</summary>
    /// <param name="name">Builds of one name exclude each other.</param>
    /// <exception cref="BadInputException">There is another build.</exception>
    public FileStream Lock(string name)
    {
        OutFolder.Make(path);
        Directory.CreateDirectory(Work);
        try
        {
            return new FileStream(Path.Combine(path, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException)
        {
            throw new BadInputException($"out: another build is writing to '{path}'; wait for it, or name another folder.");
        }
    }

    /// <summary>Keeps what a killed build of the same request left, and nothing else.</summary>
    public void TakeUp(string request)
    {
        var state = Path.Combine(Work, "request");
        if (!File.Exists(state) || File.ReadAllText(state) != request)
        {
            Directory.Delete(Work, recursive: true);
            Directory.CreateDirectory(Work);
            WriteAll(state, Encoding.UTF8.GetBytes(request));
        }

        if (Directory.Exists(Results))
        {
            Directory.Delete(Results, recursive: true);
        }

        Directory.CreateDirectory(Results);
    }

    /// <summary>Joins other processes that clean parts of the same request.</summary>
    /// <exception cref="BadInputException">Parts of another request lie here.</exception>
    public void Join(string request)
    {
        // The first to give its file this name wins, whole: a link is made or it is not.
        var state = Path.Combine(Work, "request");
        var mine = $"{state}.{Path.GetRandomFileName()}.tmp";
        WriteAll(mine, Encoding.UTF8.GetBytes(request));
        try
        {
            File.Move(mine, state, overwrite: false);
        }
        catch (IOException) when (File.Exists(state))
        {
            File.Delete(mine);
        }

        if (File.ReadAllText(state) != request)
        {
            throw new BadInputException($"out: '{path}' holds parts of a build of other inputs or options; remove its folder .building, or name another with --out.");
        }
    }

    /// <summary>The results as they stand in a manifest.</summary>
    /// <inheritdoc cref="Entries(IReadOnlyDictionary{string, FileEntry}, CancellationToken)"/>
    public IReadOnlyList<FileEntry> Entries(CancellationToken cancellationToken) => Entries(new Dictionary<string, FileEntry>(), cancellationToken);

    /// <summary>The results as they stand in a manifest, some of them taken from other corpora as they were.</summary>
    /// <remarks>Where there are tokens, the digests of their blocks are written and are a result too.</remarks>
    /// <param name="taken">By their names here, what the manifests that they were taken from say of them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="BadInputException">One that was taken is not what its manifest says.</exception>
    public IReadOnlyList<FileEntry> Entries(IReadOnlyDictionary<string, FileEntry> taken, CancellationToken cancellationToken)
    {
        var digests = Path.Combine(Results, RemoteShards.DigestsFileName);
        // A build that was killed may have left them.
        File.Delete(digests);
        using var blocks = new BlockDigests();
        var entries = Directory.EnumerateFiles(Results).Order(StringComparer.Ordinal).Select(file => Entry(file, taken.GetValueOrDefault(Path.GetFileName(file)), blocks, cancellationToken)).ToList();
        if (entries.Exists(entry => BlockDigests.Covers(entry.Name)))
        {
            WriteAll(digests, blocks.ToBytes());
            entries.Add(Entry(digests, taken: null, blocks, cancellationToken));
        }

        return [.. entries.OrderBy(entry => entry.Name, StringComparer.Ordinal)];
    }

    /// <summary>Puts the results in the place of what was there.</summary>
    /// <param name="files">Their names.</param>
    /// <param name="manifestName">The file that makes them valid.</param>
    /// <param name="manifest">Its content.</param>
    /// <param name="request">What they were built for.</param>
    public void Publish(IEnumerable<string> files, string manifestName, byte[] manifest, string request)
    {
        File.Delete(Path.Combine(path, StateName));
        File.Delete(Path.Combine(path, BuildParts.RequestName));
        File.Delete(Path.Combine(path, CorpusManifest.FileName));
        File.Delete(Path.Combine(path, CleanManifest.FileName));
        foreach (var stale in Directory.EnumerateFiles(path).Where(IsResult).ToList())
        {
            File.Delete(stale);
        }

        foreach (var file in files)
        {
            File.Move(Path.Combine(Results, file), Path.Combine(path, file), overwrite: true);
        }

        if (File.Exists(Path.Combine(Work, BuildParts.RequestName)))
        {
            // Whoever joins the parts again finds that it is done.
            WriteAll(Path.Combine(path, BuildParts.RequestName), File.ReadAllBytes(Path.Combine(Work, BuildParts.RequestName)));
        }

        // What it was built for comes before what makes it valid: a build that is killed in between is not taken for another's.
        WriteAll(Path.Combine(path, StateName), Encoding.UTF8.GetBytes(request + "\n"));
        var target = Path.Combine(path, manifestName);
        WriteAll(target + ".tmp", manifest);
        File.Move(target + ".tmp", target, overwrite: true);
        Directory.Delete(Work, recursive: true);
    }

    /// <summary>Writes a file and sends it to the disk.</summary>
    public static void WriteAll(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }

    private static bool IsResult(string file)
    {
        var name = Path.GetFileName(file);
        return (Path.GetExtension(name) is ".bin" or ".idx" && (name.StartsWith("train-", StringComparison.Ordinal) || name.StartsWith("validation-", StringComparison.Ordinal)))
            || (name.StartsWith("c4-", StringComparison.Ordinal) && name.EndsWith(".json.gz", StringComparison.Ordinal));
    }

    private static FileEntry Entry(string file, FileEntry? taken, BlockDigests blocks, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // What was taken may be a link to a file that is not to be opened for writing.
        using var content = new FileStream(file, FileMode.Open, taken is null ? FileAccess.ReadWrite : FileAccess.Read, FileShare.Read);
        var digest = BlockDigests.Covers(file) ? blocks.Add(content, cancellationToken) : Convert.ToHexStringLower(SHA256.HashData(content));
        if (taken is not null && digest != taken.Sha256)
        {
            throw new BadInputException($"corpora: the file '{taken.Name}' is damaged (its SHA-256 is not the manifest's); see 'orchestrator corpus verify', and build that corpus again.");
        }

        var entry = new FileEntry(Path.GetFileName(file), content.Length, digest);
        content.Flush(flushToDisk: true);
        return entry;
    }
}
