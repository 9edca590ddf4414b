using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data;

namespace Orchestrator.Tests.Training.Data;

/// <summary>A few thousand lines made of a small grammar, a vocabulary for them, and a corpus on demand.</summary>
internal static class SmallText
{
    private static readonly string[] s_subjects = ["The server", "A worker", "Our coordinator", "Every checkpoint", "This document", "The old library", "A careful reader"];
    private static readonly string[] s_verbs = ["keeps", "writes", "forgets", "measures", "compares", "describes", "replaces"];
    private static readonly string[] s_objects = ["its pages", "the longest table", "seven numbers", "an empty folder", "the first answer", "all known names", "nothing of value"];
    private static readonly string[] s_places = ["on disk", "in memory", "without delay", "before the morning", "for every rank", "at the end of the run"];

    /// <summary>The lines.</summary>
    public static IReadOnlyList<string> Lines { get; } = [.. Enumerable.Range(0, 3000).Select(Line)];

    /// <summary>A vocabulary of 300 pieces trained on them.</summary>
    public static byte[] Vocabulary { get; } = VocabularyTrainer.Train(Lines, new VocabularyOptions { Pieces = 300 });

    /// <summary>Writes shards of the lines, ten a document, the given number of documents a shard.</summary>
    public static TokenStream Stream(string folder, int documentsPerShard = 100)
    {
        using var tokenizer = Tokenizer.Load(Vocabulary);
        var shards = new List<ShardReader>();
        foreach (var documents in Lines.Chunk(10).Chunk(documentsPerShard))
        {
            var path = Path.Combine(folder, $"train-{shards.Count:D5}");
            using (var writer = new ShardWriter(path, tokenizer.VocabularySize))
            {
                foreach (var document in documents)
                {
                    writer.Add(tokenizer.Encode(string.Join('\n', document)));
                }

                writer.Complete();
            }

            shards.Add(new ShardReader(path));
        }

        return new TokenStream(shards);
    }

    private static string Line(int number)
    {
        var random = new SeededRandom(11, (ulong)number);
        string Pick(string[] words) => words[random.Below((ulong)words.Length)];
        return $"{Pick(s_subjects)} {Pick(s_verbs)} {Pick(s_objects)} {Pick(s_places)}, and {Pick(s_subjects).ToLowerInvariant()} {Pick(s_verbs)} number {random.Below(1000)}.";
    }
}
