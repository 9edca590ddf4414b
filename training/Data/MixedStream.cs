using System.Collections.Concurrent;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data;

/// <summary>The training tokens of a mixture: samples are drawn from its corpora by weight, see <see cref="CorpusMixture"/>. Thread-safe.</summary>
/// <param name="parts">The shards of each corpus and its weight.</param>
internal sealed class MixedStream(IReadOnlyList<(List<ShardReader> Shards, double Weight)> parts) : TokenStream(parts.SelectMany(part => part.Shards))
{
    private readonly long[] _tokens = [.. parts.Select(part => part.Shards.Sum(shard => shard.TokenCount))];
    private readonly double[] _weights = [.. parts.Select(part => part.Weight)];
    private readonly ConcurrentDictionary<int, long[]> _quotas = new();

    /// <inheritdoc/>
    public override long SampleCount(int rawLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rawLength, 1);
        return Quotas(rawLength).Sum();
    }

    /// <inheritdoc/>
    public override IEnumerable<SampleShare> SamplesWith(long epoch, TokenRange range, int rawLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(range.First);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.End, TokenCount);
        var quotas = Quotas(rawLength);
        var (start, before) = (0L, 0L);
        for (var part = 0; part < quotas.Length; part++)
        {
            var samples = _tokens[part] / rawLength;
            var own = new TokenRange(range.First - start, range.Count).Within(_tokens[part]);
            foreach (var share in SampleShare.Of(own, rawLength, samples))
            {
                // A corpus smaller than its quota comes again.
                for (var sample = share.Sample; sample < quotas[part]; sample += samples)
                {
                    yield return share with { Sample = before + sample };
                }
            }

            start += _tokens[part];
            before += quotas[part];
        }
    }

    /// <inheritdoc/>
    protected override long PlaceOf(long sample, int rawLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sample);
        var quotas = Quotas(rawLength);
        var (start, left) = (0L, sample);
        for (var part = 0; part < quotas.Length; part++)
        {
            if (left < quotas[part])
            {
                // A corpus smaller than its quota comes again.
                return start + (left % (_tokens[part] / rawLength) * rawLength);
            }

            left -= quotas[part];
            start += _tokens[part];
        }

        throw new ArgumentOutOfRangeException(nameof(sample), sample, "The mixture has fewer samples.");
    }

    private long[] Quotas(int rawLength) =>
        _quotas.GetOrAdd(rawLength, length => [.. CorpusMixture.Quotas([.. _tokens.Select(tokens => tokens / length)], _weights)]);
}
