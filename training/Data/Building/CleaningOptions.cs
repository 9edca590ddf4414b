using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Data.Building;

/// <summary>How text is cleaned.</summary>
internal sealed record CleaningOptions
{
    /// <summary>Rules that are not applied.</summary>
    public IReadOnlySet<CleaningRule> SkippedRules { get; init; } = new HashSet<CleaningRule>();

    /// <summary>Words that drop a page, in lower case.</summary>
    public IReadOnlyCollection<string> BlockedWords { get; init; } = [];

    /// <summary>Share of a page's text that must be English, in [0, 1].</summary>
    public double EnglishShare { get; init; } = CorpusBuildRequest.DefaultEnglishShare;

    /// <summary>Examples kept of what each rule dropped.</summary>
    public int Examples { get; init; }

    /// <summary>Working threads.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Memory for finding duplicates.</summary>
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>Whether a damaged record stops it.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether a rule is applied.</summary>
    public bool Applies(CleaningRule rule) => !SkippedRules.Contains(rule)
        && (rule != CleaningRule.BlockList || BlockedWords.Count > 0)
        && (rule != CleaningRule.Language || EnglishShare > 0);

    /// <summary>Reads a block list, one word a line.</summary>
    /// <exception cref="BadInputException">There is no such file.</exception>
    public static IReadOnlyCollection<string> ReadBlockList(string? path)
    {
        if (path is null)
        {
            return [];
        }

        if (!File.Exists(path))
        {
            throw new BadInputException($"block_list: '{path}' does not exist; name a file with one word a line.");
        }

        return [.. File.ReadLines(path).Select(line => line.Trim().ToLowerInvariant()).Where(line => line.Length > 0).Distinct(StringComparer.Ordinal)];
    }
}
