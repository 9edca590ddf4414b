using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data.Remote;

namespace Orchestrator.Training.Data.Building;

/// <summary>Makes corpora of corpora.</summary>
public static class CorpusEditor
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Does what a request asks for.</summary>
    /// <returns>The folders made and what they hold.</returns>
    /// <exception cref="BadInputException">The request cannot be met as it is.</exception>
    public static IReadOnlyList<(string Folder, CorpusManifest Manifest)> Edit(
        CorpusEditRequest request, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(progress);
        request.Validate();
        if (request.Edit is not (CorpusEdit.Push or CorpusEdit.Attach) && Directory.Exists(request.Out) && Directory.EnumerateFileSystemEntries(request.Out).Any(entry => Path.GetFileName(entry) != ".building"))
        {
            throw new BadInputException($"out: the folder '{request.Out}' is not empty; name another with --out.");
        }

        return request.Edit switch
        {
            CorpusEdit.Merge => [(request.Out, Merge(request, progress, cancellationToken))],
            CorpusEdit.Split => Split(request, progress, cancellationToken),
            CorpusEdit.Push => [Push(request, progress, cancellationToken)],
            CorpusEdit.Attach => [(request.Out, RemoteCorpus.Attach(Store(request), request.Out, progress, cancellationToken))],
            _ => [(request.Out, Mix(request, cancellationToken))],
        };
    }

    private static RemoteShards Store(CorpusEditRequest request) =>
        new() { Url = request.Url, Endpoint = request.Endpoint, Region = request.Region, CacheMegabytes = request.CacheMegabytes };

    private static (string, CorpusManifest) Push(CorpusEditRequest request, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        RemoteCorpus.Push(request.Corpora[0], Store(request), progress, cancellationToken);
        return (request.Url, CorpusManifest.Load(request.Corpora[0]));
    }

    private static CorpusManifest Merge(CorpusEditRequest request, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        var corpora = request.Corpora.Select(folder => (Folder: folder, Manifest: CorpusManifest.LoadWhole(folder))).ToList();
        RequireOneVocabulary(corpora);
        if (corpora.Find(corpus => RemoteShards.IsAt(corpus.Folder)) is { Folder: not null } remote)
        {
            throw new BadInputException($"corpora: the tokens of '{remote.Folder}' are in a store; merge the corpora that were pushed, or mix them.");
        }

        var folder = new BuildFolder(request.Out);
        using (folder.Lock(".lock"))
        {
            folder.TakeUp("merge");
            var taken = new Dictionary<string, FileEntry>(StringComparer.Ordinal);
            var total = corpora.Sum(corpus => corpus.Manifest.Train.Shards.Count + corpus.Manifest.Validation.Shards.Count);
            SplitEntry Take(string name, Func<CorpusManifest, SplitEntry> half)
            {
                var shards = new List<string>();
                foreach (var corpus in corpora)
                {
                    foreach (var shard in half(corpus.Manifest).Shards)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        shards.Add($"{name}-{shards.Count:D5}");
                        foreach (var extension in new[] { ".bin", ".idx" })
                        {
                            var source = Path.Combine(corpus.Folder, shard + extension);
                            var target = Path.Combine(folder.Results, shards[^1] + extension);
                            if (!HardLink.TryMake(source, target))
                            {
                                Copy(source, target);
                            }

                            taken.Add(Path.GetFileName(target), Named(corpus, shard + extension));
                        }

                        progress(new BuildProgress("copy", taken.Count / 2, total, "shards"));
                    }
                }

                return new SplitEntry(
                    corpora.Sum(c => half(c.Manifest).Documents), corpora.Sum(c => half(c.Manifest).Tokens), corpora.Sum(c => half(c.Manifest).Bytes), shards);
            }

            var train = Take("train", manifest => manifest.Train);
            var validation = Take("validation", manifest => manifest.Validation);
            return Finish(folder, corpora[0].Folder, corpora[0].Manifest.Vocabulary, train, validation, taken, Digest(["merge", .. corpora.Select(c => c.Manifest.Fingerprint)]), cancellationToken);
        }
    }

    private static List<(string, CorpusManifest)> Split(CorpusEditRequest request, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        var manifest = CorpusManifest.LoadWhole(request.Corpora[0]);
        RequireTokens(request.Corpora[0]);
        if (Math.Min(manifest.Train.Documents, manifest.Validation.Documents) < request.Parts)
        {
            throw new BadInputException(
                $"parts: the corpus has {manifest.Train.Documents} documents to train on and {manifest.Validation.Documents} held out, too few for {request.Parts} parts of both; choose fewer.");
        }

        using var source = new CorpusFolder(request.Corpora[0], manifest);
        var (train, validation) = (new SplitHalf("train", source, manifest.Train), new SplitHalf("validation", source, manifest.Validation));
        var made = new List<(string, CorpusManifest)>();
        for (var part = 0; part < request.Parts; part++)
        {
            var path = Path.Combine(request.Out, $"part-{part}");
            var folder = new BuildFolder(path);
            using (folder.Lock(".lock"))
            {
                folder.TakeUp("split");
                var taken = new Dictionary<string, FileEntry>(StringComparer.Ordinal);
                var trained = train.Part(part, request.Parts, folder.Results, taken, cancellationToken);
                var heldOut = validation.Part(part, request.Parts, folder.Results, taken, cancellationToken);
                made.Add((path, Finish(folder, source.Path, manifest.Vocabulary, trained, heldOut, taken, Digest(["split", manifest.Fingerprint, $"{part}/{request.Parts}"]), cancellationToken)));
            }

            progress(new BuildProgress("copy", part + 1, request.Parts, "parts"));
        }

        return made;
    }

    private static CorpusManifest Mix(CorpusEditRequest request, CancellationToken cancellationToken)
    {
        var corpora = request.Corpora.Select(folder => (Folder: folder, Manifest: CorpusManifest.LoadWhole(folder))).ToList();
        RequireOneVocabulary(corpora);
        var home = Path.GetFullPath(request.Out);
        var mixture = new CorpusMixture { Corpora = [.. corpora.Zip(request.Weights, (corpus, weight) => new MixtureEntry(Path.GetRelativePath(home, Path.GetFullPath(corpus.Folder)), weight))] };
        mixture.Require();
        OutFolder.Make(home);
        File.Copy(Path.Combine(corpora[0].Folder, CorpusManifest.VocabularyFileName), Path.Combine(home, CorpusManifest.VocabularyFileName));
        var folders = corpora.Select(corpus => new CorpusFolder(corpus.Folder, corpus.Manifest)).ToList();
        try
        {
            using var train = new TokenStream(folders.SelectMany(folder => folder.Shards(folder.Manifest.Train)));
            using var validation = new TokenStream(folders.SelectMany(folder => folder.Shards(folder.Manifest.Validation)));
            WriteBaselines(home, train, validation, corpora[0].Manifest.Vocabulary.Pieces, cancellationToken);
        }
        finally
        {
            folders.ForEach(folder => folder.Dispose());
        }

        BuildFolder.WriteAll(Path.Combine(home, CorpusMixture.FileName), mixture.ToBytes());
        return CorpusManifest.Load(home);
    }

    private static CorpusManifest Finish(
        BuildFolder folder, string source, VocabularyEntry vocabulary, SplitEntry train, SplitEntry validation,
        Dictionary<string, FileEntry> taken, string fingerprint, CancellationToken cancellationToken)
    {
        File.Copy(Path.Combine(source, CorpusManifest.VocabularyFileName), Path.Combine(folder.Results, CorpusManifest.VocabularyFileName), overwrite: true);
        using (var trainTokens = new TokenStream(train.Shards.Select(name => new ShardReader(Path.Combine(folder.Results, name)))))
        using (var validationTokens = new TokenStream(validation.Shards.Select(name => new ShardReader(Path.Combine(folder.Results, name)))))
        {
            WriteBaselines(folder.Results, trainTokens, validationTokens, vocabulary.Pieces, cancellationToken);
        }

        var manifest = new CorpusManifest { Fingerprint = fingerprint, Vocabulary = vocabulary, Train = train, Validation = validation, Files = folder.Entries(taken, cancellationToken) };
        folder.Publish(manifest.Files.Select(file => file.Name), CorpusManifest.FileName, manifest.ToBytes(), fingerprint);
        return manifest;
    }

    private static FileEntry Named((string Folder, CorpusManifest Manifest) corpus, string file)
    {
        var entry = corpus.Manifest.Files.First(entry => entry.Name == file);
        return entry with { Name = Path.Combine(corpus.Folder, file) };
    }

    private static void Copy(string source, string target)
    {
        File.Copy(source, target);
        using var copy = new FileStream(target, FileMode.Open, FileAccess.ReadWrite);
        copy.Flush(flushToDisk: true);
    }

    private static void WriteBaselines(string folder, TokenStream train, TokenStream validation, int pieces, CancellationToken cancellationToken) => BuildFolder.WriteAll(
        Path.Combine(folder, CorpusManifest.BaselinesFileName),
        JsonSerializer.SerializeToUtf8Bytes(NgramBaselines.Measure(train, validation, pieces, cancellationToken: cancellationToken), s_json));

    private static void RequireOneVocabulary(List<(string Folder, CorpusManifest Manifest)> corpora)
    {
        if (corpora.Find(corpus => corpus.Manifest.Vocabulary != corpora[0].Manifest.Vocabulary) is { Folder: not null } other)
        {
            throw new BadInputException($"corpora: '{corpora[0].Folder}' and '{other.Folder}' have different vocabularies; build them with one, by --vocabulary.");
        }

        corpora.ForEach(corpus => RequireTokens(corpus.Folder));
    }

    private static void RequireTokens(string folder)
    {
        if (CorpusMixture.IsAt(folder))
        {
            throw new BadInputException($"corpora: '{folder}' is a mixture; name the corpora that it is mixed of.");
        }
    }

    private static string Digest(string[] parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))));
}
