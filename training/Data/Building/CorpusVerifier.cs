using System.Security.Cryptography;
using Orchestrator.Core.Data;
using Orchestrator.Training.Data.Remote;

namespace Orchestrator.Training.Data.Building;

/// <summary>Reads every byte of a corpus and compares it with the manifest.</summary>
public static class CorpusVerifier
{
    /// <summary>The files of a corpus, or of the corpora of a mixture.</summary>
    /// <exception cref="Core.BadInputException">There is no corpus.</exception>
    public static IReadOnlyList<(string Folder, FileEntry Entry)> Files(string folder)
    {
        IEnumerable<string> folders = CorpusMixture.IsAt(folder) ? CorpusMixture.Load(folder).Corpora.Select(entry => entry.Corpus) : [folder];
        return [.. folders.SelectMany(place => CorpusManifest.Load(place).Files.Select(file => (place, file)))];
    }

    /// <summary>The files that are not as they were written; tokens in a store are read from there.</summary>
    /// <param name="folder">The corpus folder.</param>
    /// <param name="progress">Told how far it is, in bytes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What is wrong with each damaged one; empty: all is well.</returns>
    /// <exception cref="Core.BadInputException">There is no corpus.</exception>
    public static IReadOnlyList<CorpusFault> Verify(
        string folder, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var files = Files(folder);
        var faults = new List<CorpusFault>();
        var total = files.Sum(file => file.Entry.Bytes);
        var done = 0L;
        var buffer = new byte[1 << 20];
        foreach (var (place, entry) in files)
        {
            var path = Path.Combine(place, entry.Name);
            var name = place == folder ? entry.Name : path;
            if (RemoteShards.IsAt(place) && BlockDigests.Covers(entry.Name))
            {
                using var store = new StoredTokens(place, TimeProvider.System);
                if (store.Verify(entry, name, count => progress(new BuildProgress("verify", Math.Min(done += count, total), total, "bytes")), cancellationToken) is { } fault)
                {
                    faults.Add(fault);
                }

                continue;
            }

            if (!File.Exists(path))
            {
                faults.Add(new CorpusFault(name, "it is missing", []));
                continue;
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            int read;
            while ((read = file.Read(buffer)) > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
                done += read;
                progress(new BuildProgress("verify", Math.Min(done, total), total, "bytes"));
            }

            if (file.Length != entry.Bytes)
            {
                faults.Add(new CorpusFault(name, $"it has {file.Length} bytes and the manifest says {entry.Bytes}", []));
            }
            else if (Convert.ToHexStringLower(hash.GetHashAndReset()) != entry.Sha256)
            {
                var blocks = BlockDigests.Load(place, CorpusManifest.Load(place))?.GetValueOrDefault(entry.Name) is { IsEmpty: false } digests
                    ? BlockDigests.Damaged(path, digests, cancellationToken)
                    : [];
                faults.Add(new CorpusFault(name, $"its SHA-256 is not the manifest's{(blocks.Count > 0 ? $", first in bytes {blocks[0].First} to {blocks[0].Last}" : "")}", blocks));
            }
        }

        return faults;
    }
}

/// <summary>A file of a corpus that is not as it was built.</summary>
/// <param name="File">Its name, or of a mixture its path.</param>
/// <param name="Fault">What is wrong with it.</param>
/// <param name="Blocks">Which blocks of it are, where that is known (tokens whose corpus has the digests of its blocks); else empty.</param>
public sealed record CorpusFault(string File, string Fault, IReadOnlyList<ByteRange> Blocks);
