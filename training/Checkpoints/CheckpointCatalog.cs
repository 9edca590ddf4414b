using System.Security.Cryptography;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;

namespace Orchestrator.Training.Checkpoints;

/// <summary>A folder with a valid manifest.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Manifest">Its manifest; the files' contents are not looked at.</param>
public sealed record CheckpointEntry(string Folder, CheckpointManifest Manifest);

/// <summary>A damaged or missing file of a checkpoint.</summary>
/// <param name="File">Its path.</param>
/// <param name="Fault">What is wrong, without the name.</param>
public sealed record CheckpointFault(string File, string Fault);

/// <summary>The checkpoints below a folder.</summary>
public static class CheckpointCatalog
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Where a run's folder keeps its checkpoints; another folder is taken to hold them itself.</summary>
    public static string Root(string folder)
    {
        var inside = Path.Combine(folder, CheckpointNames.Root);
        return Directory.Exists(inside) ? inside : folder;
    }

    /// <summary>All with a valid manifest, the newest first. A folder that does not exist holds none.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="faults">Gains what is wrong with those that are passed over; may be null.</param>
    public static IReadOnlyList<CheckpointEntry> List(string root, ICollection<CheckpointFault>? faults = null)
    {
        if (!Directory.Exists(root))
        {
            return [];
        }

        var entries = new List<CheckpointEntry>();
        foreach (var folder in Directory.GetDirectories(root))
        {
            if (CheckpointNames.Step(Path.GetFileName(folder)) is not { } step)
            {
                continue;
            }

            try
            {
                var manifest = ReadManifest(folder);
                if (manifest.Step != step)
                {
                    throw new InvalidDataException($"{CheckpointManifest.FileName} is of step {manifest.Step}");
                }

                entries.Add(new CheckpointEntry(folder, manifest));
            }
            catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                faults?.Add(new CheckpointFault(Path.Combine(folder, CheckpointManifest.FileName), error.Message));
            }
        }

        return [.. entries.OrderByDescending(entry => entry.Manifest.Step)];
    }

    /// <summary>The newest step that a folder is there for, with a manifest; -1: none. Opens no file.</summary>
    public static long NewestStep(string root) => !Directory.Exists(root) ? -1 : Directory.GetDirectories(root)
        .Select(folder => CheckpointNames.Step(Path.GetFileName(folder)) is { } step && File.Exists(Path.Combine(folder, CheckpointManifest.FileName)) ? step : -1)
        .Append(-1).Max();

    /// <summary>The manifest of one checkpoint folder.</summary>
    /// <exception cref="IOException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static CheckpointManifest ReadManifest(string folder)
    {
        var path = Path.Combine(folder, CheckpointManifest.FileName);
        return File.Exists(path) ? CheckpointManifest.Parse(File.ReadAllBytes(path)) : throw new FileNotFoundException("it is missing", path);
    }

    /// <summary>Reads every byte of a checkpoint and compares sizes and SHA-256.</summary>
    /// <param name="entry">The checkpoint.</param>
    /// <param name="progress">Called with bytes read so far; may be null.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The first fault of each damaged file; none where all is well.</returns>
    public static IReadOnlyList<CheckpointFault> Verify(CheckpointEntry entry, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var faults = new List<CheckpointFault>();
        var buffer = new byte[PieceBytes];
        var done = 0L;
        foreach (var file in entry.Manifest.Files)
        {
            var path = Path.Combine(entry.Folder, file.Name);
            try
            {
                using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
                if (stream.Length != file.Bytes)
                {
                    faults.Add(new CheckpointFault(path, $"it has {stream.Length} bytes where {file.Bytes} were written"));
                    continue;
                }

                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                for (int read; (read = stream.Read(buffer)) > 0;)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    hash.AppendData(buffer, 0, read);
                    progress?.Invoke(done += read);
                }

                if (Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256)
                {
                    faults.Add(new CheckpointFault(path, "its SHA-256 is not that of the manifest"));
                }
            }
            catch (FileNotFoundException)
            {
                faults.Add(new CheckpointFault(path, "it is missing"));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                faults.Add(new CheckpointFault(path, error.Message));
            }
        }

        return faults;
    }

    /// <summary>The newest checkpoint that is whole, verified byte by byte, or null where there is none.</summary>
    /// <param name="root">The folder of checkpoints.</param>
    /// <param name="specDigest">The run's; null takes any.</param>
    /// <param name="warn">Gets a sentence for each checkpoint that is passed over, with the damaged file's name.</param>
    /// <param name="newest">Checkpoints of later steps are left alone.</param>
    /// <param name="after">So are those of this step and before.</param>
    /// <exception cref="BadInputException">The newest whole one belongs to another spec.</exception>
    public static CheckpointReader? OpenNewest(string root, string? specDigest, Action<string> warn, long newest = long.MaxValue, long after = -1)
    {
        ArgumentNullException.ThrowIfNull(warn);
        var faults = new List<CheckpointFault>();
        var entries = List(root, faults);
        foreach (var fault in faults)
        {
            warn($"The checkpoint {Path.GetDirectoryName(fault.File)} is passed over: {Path.GetFileName(fault.File)} is damaged ({fault.Fault}).");
        }

        foreach (var entry in entries.Where(entry => entry.Manifest.Step <= newest && entry.Manifest.Step > after))
        {
            RequireSpec(entry, specDigest);
            if (Verify(entry) is [var first, ..])
            {
                warn($"The checkpoint {entry.Folder} is passed over: {Path.GetFileName(first.File)} is damaged ({first.Fault}).");
                continue;
            }

            return new CheckpointReader(entry);
        }

        return null;
    }

    /// <summary>One checkpoint folder, or the newest whole one where the folder holds several.</summary>
    /// <exception cref="BadInputException">There is none, it is damaged, or it belongs to another spec; the message names the file.</exception>
    public static CheckpointReader Open(string path, string? specDigest, Action<string> warn)
    {
        if (!File.Exists(Path.Combine(path, CheckpointManifest.FileName)))
        {
            return OpenNewest(Root(path), specDigest, warn)
                ?? throw new BadInputException($"There is no whole checkpoint in '{path}'; name a folder that has a {CheckpointManifest.FileName}, or one of checkpoints.");
        }

        CheckpointEntry entry;
        try
        {
            entry = new CheckpointEntry(path, ReadManifest(path));
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new BadInputException($"The checkpoint '{path}' is damaged: {error.Message}; use an older one.", error);
        }

        RequireSpec(entry, specDigest);
        return Verify(entry) is [var first, ..]
            ? throw new BadInputException($"The checkpoint '{path}' is damaged: {Path.GetFileName(first.File)}: {first.Fault}; use an older one.")
            : new CheckpointReader(entry);
    }

    private static void RequireSpec(CheckpointEntry entry, string? specDigest)
    {
        if (specDigest is not null && entry.Manifest.SpecDigest != specDigest)
        {
            throw new BadInputException(
                $"The checkpoint '{entry.Folder}' belongs to another spec (digest {entry.Manifest.SpecDigest}, this run's is {specDigest}); name another --out folder, or go on with the spec that it was made with.");
        }
    }
}
