using Orchestrator.Core.Runs;

namespace Orchestrator.Training.Data.Tracing;

/// <summary>A sample that a run consumed and that holds some of a stretch of tokens.</summary>
/// <param name="Stretch">Which stretch.</param>
/// <param name="When">When it was consumed.</param>
/// <param name="Share">The sample, and how many of the stretch's tokens it holds.</param>
public readonly record struct StretchSeen(int Stretch, ConsumedSample When, SampleShare Share);

/// <summary>Tells from a run's ledger and its order when tokens of its corpus were seen.</summary>
public static class PassageTrace
{
    /// <summary>The samples with some of several stretches of the training tokens, in the ledger's order.</summary>
    /// <param name="data">The run's data.</param>
    /// <param name="ledger">The ledger's lines.</param>
    /// <param name="stretches">The stretches.</param>
    public static IEnumerable<StretchSeen> Find(TrainingData data, IEnumerable<LedgerLine> ledger, IReadOnlyList<TokenRange> stretches)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(stretches);
        ILookup<long, (int Stretch, SampleShare Share)> epoch = Array.Empty<(long, int, SampleShare)>().ToLookup(_ => 0L, _ => (0, default(SampleShare)));
        var consumed = LedgerTrace.Find(ledger, number =>
        {
            epoch = stretches
                .SelectMany((range, stretch) => data.PositionsWith(number, range).Select(found => (found.Position, Stretch: stretch, found.Share)))
                .ToLookup(found => found.Position, found => (found.Stretch, found.Share));
            return [.. epoch.Select(samples => samples.Key).Order()];
        });
        foreach (var when in consumed)
        {
            foreach (var (stretch, share) in epoch[when.Position])
            {
                yield return new StretchSeen(stretch, when, share);
            }
        }
    }
}
