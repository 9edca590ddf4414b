using System.Security.Cryptography;
using Amazon.Runtime;
using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Training.Data.Remote;

/// <summary>Puts corpora into stores and makes folders that read them from there.</summary>
public static class RemoteCorpus
{
    /// <summary>Files that arrive for a folder wait in here; what is left of an attachment that was killed is replaced.</summary>
    private const string StagingName = ".attaching";

    /// <summary>Puts a corpus into a store; its manifest last, so that what has one is whole.</summary>
    /// <exception cref="BadInputException">The corpus is damaged, or the store cannot be used.</exception>
    public static void Push(string folder, RemoteShards place, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(place);
        ArgumentNullException.ThrowIfNull(progress);
        var manifest = CorpusManifest.LoadWhole(folder);
        if (CorpusMixture.IsAt(folder) || RemoteShards.IsAt(folder))
        {
            throw new BadInputException($"corpus: '{folder}' holds no tokens of its own; name a corpus that was built.");
        }

        using var store = ObjectStores.Open(place);
        var digests = Path.Combine(Directory.CreateTempSubdirectory("orchestrator-push-").FullName, RemoteShards.DigestsFileName);
        try
        {
            File.WriteAllBytes(digests, DigestsOf(folder, manifest, cancellationToken));
            var (done, total) = (0L, manifest.Files.Sum(file => file.Bytes));
            Use(place, async () =>
            {
                foreach (var file in manifest.Files.Where(file => file.Name != RemoteShards.DigestsFileName))
                {
                    await store.UploadAsync(Path.Combine(folder, file.Name), file.Name, cancellationToken).ConfigureAwait(false);
                    done += file.Bytes;
                    progress(new BuildProgress("copy", done, total, "bytes"));
                }

                await store.UploadAsync(digests, RemoteShards.DigestsFileName, cancellationToken).ConfigureAwait(false);
                await store.UploadAsync(Path.Combine(folder, CorpusManifest.FileName), CorpusManifest.FileName, cancellationToken).ConfigureAwait(false);
            });
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(digests)!, recursive: true);
        }
    }

    /// <summary>Makes a corpus folder whose tokens stay in a store; everything else is fetched and checked.</summary>
    /// <exception cref="BadInputException">There is no corpus in the store, it is damaged, or the folder holds something.</exception>
    public static CorpusManifest Attach(RemoteShards place, string folder, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(place);
        ArgumentNullException.ThrowIfNull(progress);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(entry => Path.GetFileName(entry) != StagingName))
        {
            throw new BadInputException($"out: the folder '{folder}' is not empty; name another with --out.");
        }

        using var store = ObjectStores.Open(place);
        var arrivals = Directory.CreateTempSubdirectory("orchestrator-attach-").FullName;
        try
        {
            // Nothing is made where there is no corpus to attach.
            Use(place, () => store.DownloadAsync(CorpusManifest.FileName, Path.Combine(arrivals, CorpusManifest.FileName), cancellationToken));
            Fill(store, place, folder, arrivals, progress, cancellationToken);
        }
        finally
        {
            Directory.Delete(arrivals, recursive: true);
        }

        using var whole = Corpus.Open(folder);
        return whole.Manifest;
    }

    /// <summary>Puts into a folder what is not tokens; its manifest last, so that what has one is whole.</summary>
    private static void Fill(
        IObjectStore store, RemoteShards place, string folder, string arrivals, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        var manifest = CorpusManifest.Load(arrivals);
        var isNew = !Directory.Exists(folder);
        var staging = Path.Combine(folder, StagingName);
        if (Directory.Exists(staging))
        {
            Directory.Delete(staging, recursive: true);
        }

        OutFolder.Make(folder);
        Directory.CreateDirectory(staging);
        try
        {
            var files = manifest.Files.Where(file => !BlockDigests.Covers(file.Name)).ToList();
            var (done, total) = (0L, files.Sum(file => file.Bytes));
            foreach (var file in files)
            {
                var path = Path.Combine(staging, file.Name);
                Use(place, () => store.DownloadAsync(file.Name, path, cancellationToken));
                using var content = File.OpenRead(path);
                if (content.Length != file.Bytes || Convert.ToHexStringLower(SHA256.HashData(content)) != file.Sha256)
                {
                    throw new BadInputException($"url: the object {file.Name} of {place.Url} is not what the manifest says; push the corpus again.");
                }

                progress(new BuildProgress("copy", done += file.Bytes, total, "bytes"));
            }

            if (files.TrueForAll(file => file.Name != RemoteShards.DigestsFileName))
            {
                // A corpus that was built without them was given them on its way to the store.
                Use(place, () => store.DownloadAsync(RemoteShards.DigestsFileName, Path.Combine(staging, RemoteShards.DigestsFileName), cancellationToken));
            }

            BuildFolder.WriteAll(Path.Combine(staging, RemoteShards.FileName), place.ToBytes());
            foreach (var file in Directory.EnumerateFiles(staging).Order(StringComparer.Ordinal).ToList())
            {
                File.Move(file, Path.Combine(folder, Path.GetFileName(file)));
            }

            BuildFolder.WriteAll(Path.Combine(staging, CorpusManifest.FileName), File.ReadAllBytes(Path.Combine(arrivals, CorpusManifest.FileName)));
            File.Move(Path.Combine(staging, CorpusManifest.FileName), Path.Combine(folder, CorpusManifest.FileName));
        }
        catch when (isNew)
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }

        Directory.Delete(staging, recursive: true);
    }

    private static byte[] DigestsOf(string folder, CorpusManifest manifest, CancellationToken cancellationToken)
    {
        using var digests = new BlockDigests();
        foreach (var file in manifest.Files.Where(file => BlockDigests.Covers(file.Name)))
        {
            using var tokens = File.OpenRead(Path.Combine(folder, file.Name));
            if (digests.Add(tokens, cancellationToken) != file.Sha256)
            {
                throw new BadInputException($"corpus: the file '{Path.Combine(folder, file.Name)}' is damaged (its SHA-256 is not the manifest's); build the corpus again.");
            }
        }

        return digests.ToBytes();
    }

    /// <summary>What the store says becomes bad input: nothing was begun yet that could wait for it.</summary>
    private static void Use(RemoteShards place, Func<Task> use)
    {
        try
        {
            use().GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is AmazonClientException or AmazonServiceException or IOException or HttpRequestException or UnauthorizedAccessException)
        {
            throw new BadInputException($"url: {place.Url} cannot be used ({error.Message.Split('\n')[0].Trim().TrimEnd('.')}); check its name, the credentials and --endpoint.", error);
        }
    }
}
