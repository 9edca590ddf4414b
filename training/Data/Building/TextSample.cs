using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Data.Building;

/// <summary>Draws lines for a vocabulary: each by its place and the seed alone.</summary>
internal static class TextSample
{
    /// <summary>About as many lines and bytes as the options ask for; all where they are fewer.</summary>
    public static IEnumerable<string> Draw(
        IEnumerable<string> lines, long lineCount, long bytes, VocabularyOptions options, CancellationToken cancellationToken)
    {
        var share = Math.Min(options.MaxSentences / (double)Math.Max(1, lineCount), ((long)options.TextMegabytes << 20) / (double)Math.Max(1, bytes));
        var place = 0UL;
        foreach (var line in lines)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (share >= 1 || SeededRandom.Combine(options.Seed, place) < share * ulong.MaxValue)
            {
                yield return line;
            }

            place++;
        }
    }
}
