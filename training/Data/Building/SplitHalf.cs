using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Data.Building;

/// <summary>One half of a corpus that is divided: training or held-out documents, in as many parts of about as many tokens as are asked for.</summary>
/// <param name="name">train or validation.</param>
/// <param name="source">The corpus.</param>
/// <param name="half">The half.</param>
internal sealed class SplitHalf(string name, CorpusFolder source, SplitEntry half)
{
    /// <summary>Makes a part: the shards' files of tokens by other names, each with an index of the part's documents alone.</summary>
    /// <remarks>Where the tokens cannot be linked (they are in a store, or on another file system) the part's documents are written anew.</remarks>
    /// <param name="part">Which, from 0.</param>
    /// <param name="parts">Of how many.</param>
    /// <param name="folder">Where.</param>
    /// <param name="taken">Takes up what the manifest says of each file that was linked.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public SplitEntry Part(int part, int parts, string folder, Dictionary<string, FileEntry> taken, CancellationToken cancellationToken)
    {
        var readers = source.Shards(half);
        try
        {
            var runs = Runs(readers, part, parts, cancellationToken).ToList();
            return TryLink(runs, folder, taken) ? Index(readers, runs, folder) : Write(readers, runs, folder, cancellationToken);
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    private string Target(int number) => $"{name}-{number:D5}";

    private string Tokens(int shard) => half.Shards[shard] + ".bin";

    private bool TryLink(List<Run> runs, string folder, Dictionary<string, FileEntry> taken)
    {
        string File(int number) => Path.Combine(folder, Target(number) + ".bin");
        for (var number = 0; number < runs.Count; number++)
        {
            if (RemoteShards.IsAt(source.Path) || !HardLink.TryMake(Path.Combine(source.Path, Tokens(runs[number].Shard)), File(number)))
            {
                Enumerable.Range(0, number).Select(File).ToList().ForEach(System.IO.File.Delete);
                return false;
            }
        }

        for (var number = 0; number < runs.Count; number++)
        {
            var file = Tokens(runs[number].Shard);
            taken.Add(Target(number) + ".bin", source.Manifest.Files.First(entry => entry.Name == file) with { Name = Path.Combine(source.Path, file) });
        }

        return true;
    }

    private SplitEntry Index(List<ShardReader> readers, List<Run> runs, string folder)
    {
        for (var number = 0; number < runs.Count; number++)
        {
            readers[runs[number].Shard].WriteIndex(Path.Combine(folder, Target(number) + ".idx"), runs[number].First, runs[number].Documents);
        }

        return new SplitEntry(runs.Sum(run => run.Documents), runs.Sum(run => run.Tokens), runs.Sum(run => run.Bytes), [.. Enumerable.Range(0, runs.Count).Select(Target)]);
    }

    private SplitEntry Write(List<ShardReader> readers, List<Run> runs, string folder, CancellationToken cancellationToken)
    {
        using var shards = new ShardSet(folder, name, source.Manifest.Vocabulary.Size, CorpusBuildRequest.DefaultShardTokens);
        foreach (var run in runs)
        {
            for (var number = run.First; number < run.First + run.Documents; number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var document = readers[run.Shard].Document(number);
                shards.Add(document, BytesOf(document.Length));
            }
        }

        return shards.Complete();
    }

    /// <summary>The documents whose first token lies in the part-th share of all tokens, shard by shard.</summary>
    private IEnumerable<Run> Runs(List<ShardReader> readers, int part, int parts, CancellationToken cancellationToken)
    {
        var (number, start) = (0L, 0L);
        for (var shard = 0; shard < readers.Count; shard++)
        {
            var run = new Run(shard, 0, 0, 0, 0);
            for (var document = 0L; document < readers[shard].DocumentCount; document++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var length = readers[shard].DocumentPlace(document).Count;
                // By documents where there are few, so that no part is empty.
                var owner = half.Documents < parts * 16L ? number * parts / half.Documents : (long)((UInt128)start * (UInt128)parts / (UInt128)half.Tokens);
                if (owner == part)
                {
                    run = run with { First = run.Documents == 0 ? document : run.First, Documents = run.Documents + 1, Tokens = run.Tokens + length, Bytes = run.Bytes + BytesOf(length) };
                }

                (number, start) = (number + 1, start + length);
            }

            if (run.Documents > 0)
            {
                yield return run;
            }
        }
    }

    /// <summary>A document's share of the text's bytes, by its tokens.</summary>
    private long BytesOf(long tokens) => (long)((UInt128)tokens * (UInt128)half.Bytes / (UInt128)half.Tokens);

    /// <summary>Documents of one shard, one behind the other.</summary>
    private sealed record Run(int Shard, long First, long Documents, long Tokens, long Bytes);
}
