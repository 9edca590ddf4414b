using Orchestrator.Core.Jobs;
using Orchestrator.Training.Model;

namespace Orchestrator.Training.Generation;

/// <summary>Draws tokens: logits / temperature, then the k likeliest, then the fewest likeliest whose probabilities reach p (Holtzman et al. 2020).</summary>
/// <remarks>The order of the three is that of Hugging Face transformers. Tokens of equal logits rank by their ids.</remarks>
internal sealed class TokenSampler(GenerationOptions options)
{
    private const int FirstRanked = 64;

    private readonly double _temperature = options.Temperature ?? 1.0;

    /// <summary>A token, as a function of the logits, the options, the row's key and the position.</summary>
    public long Draw(ReadOnlySpan<float> logits, long key, int position)
    {
        var highest = double.NegativeInfinity;
        foreach (var logit in logits)
        {
            highest = Math.Max(highest, logit);
        }

        var candidates = Candidates(logits, highest);
        var sums = new double[candidates.Length];
        var total = 0.0;
        for (var i = 0; i < sums.Length; i++)
        {
            total += Weight(logits[candidates[i]], highest);
            sums[i] = total;
        }

        var drawn = new CounterRandom(options.Seed, (ulong)key).Uniform((ulong)position) * total;
        return candidates[Math.Max(0, Array.FindIndex(sums, sum => sum > drawn))];
    }

    private double Weight(float logit, double highest) => Math.Exp((logit - highest) / _temperature);

    private int[] Candidates(ReadOnlySpan<float> logits, double highest)
    {
        var among = options.TopK is { } count && count < logits.Length ? Likeliest(logits, count) : [.. Enumerable.Range(0, logits.Length)];
        if (options.TopP is not { } share || share >= 1.0)
        {
            return among;
        }

        var total = 0.0;
        foreach (var token in among)
        {
            total += Weight(logits[token], highest);
        }

        // Few tokens reach the share as a rule; where they do not, more are ranked.
        for (var most = Math.Min(FirstRanked, among.Length); ; most = Math.Min(4 * most, among.Length))
        {
            var ranked = Likeliest(logits, most);
            var sum = 0.0;
            for (var kept = 0; kept < ranked.Length; kept++)
            {
                sum += Weight(logits[ranked[kept]], highest);
                if (sum >= share * total)
                {
                    return ranked[..(kept + 1)];
                }
            }

            if (most == among.Length)
            {
                return ranked;
            }
        }
    }

    /// <summary>The tokens of the highest logits, the highest first.</summary>
    internal static int[] Likeliest(ReadOnlySpan<float> logits, int count)
    {
        // Least first: the one that the next better token drives out.
        var kept = new PriorityQueue<int, (float Logit, int Behind)>(count);
        for (var token = 0; token < logits.Length; token++)
        {
            if (kept.Count < count)
            {
                kept.Enqueue(token, (logits[token], -token));
            }
            else if (kept.TryPeek(out _, out var least) && logits[token] > least.Logit)
            {
                kept.EnqueueDequeue(token, (logits[token], -token));
            }
        }

        var ranked = new int[kept.Count];
        for (var i = ranked.Length - 1; i >= 0; i--)
        {
            ranked[i] = kept.Dequeue();
        }

        return ranked;
    }
}
