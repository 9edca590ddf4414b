using Orchestrator.Core.Data;

namespace Orchestrator.Worker.Jobs;

/// <summary>How the jobs of the corpus show its parts.</summary>
internal static class CorpusEvents
{
    /// <summary>One half of a corpus, without the names of its shards.</summary>
    public static object Split(SplitEntry split) => new { split.Documents, split.Tokens, split.Bytes, Shards = split.Shards.Count };
}
