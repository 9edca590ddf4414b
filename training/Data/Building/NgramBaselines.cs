namespace Orchestrator.Training.Data.Building;

/// <summary>How well simple counting predicts the validation tokens: what a model must beat.</summary>
/// <param name="UnigramEntropy">Nats per token under the training tokens' frequencies (add-one over the vocabulary's pieces).</param>
/// <param name="BigramEntropy">Nats per token under interpolated Kneser-Ney bigrams (Chen and Goodman 1999).</param>
/// <param name="TrainTokens">Training tokens counted.</param>
/// <param name="ValidationTokens">Validation tokens predicted.</param>
public sealed record NgramBaselines(double UnigramEntropy, double BigramEntropy, long TrainTokens, long ValidationTokens)
{
    private const int BlockTokens = 1 << 16;

    /// <summary>Counts and predicts. Documents are read end to end, as the model reads them.</summary>
    /// <param name="train">Training tokens.</param>
    /// <param name="validation">Validation tokens, at least one.</param>
    /// <param name="pieces">Pieces of the vocabulary.</param>
    /// <param name="maxTrainTokens">At most so many training tokens are counted, from the first on: each takes 12 bytes of memory.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static NgramBaselines Measure(
        TokenStream train, TokenStream validation, int pieces, long maxTrainTokens = 10_000_000, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentOutOfRangeException.ThrowIfLessThan(validation.TokenCount, 1);
        var tokens = Math.Min(train.TokenCount, maxTrainTokens);
        var counts = new Counts(pieces, tokens);
        var previous = -1;
        foreach (var token in Tokens(train, tokens, cancellationToken))
        {
            counts.Add(previous, token);
            previous = token;
        }

        var model = counts.Complete();
        var (unigram, bigram) = (0.0, 0.0);
        previous = -1;
        foreach (var token in Tokens(validation, validation.TokenCount, cancellationToken))
        {
            unigram -= Math.Log((counts.Unigrams[token] + 1.0) / (tokens + (double)pieces));
            bigram -= Math.Log(model.Probability(previous, token));
            previous = token;
        }

        return new NgramBaselines(unigram / validation.TokenCount, bigram / validation.TokenCount, tokens, validation.TokenCount);
    }

    private static IEnumerable<int> Tokens(TokenStream stream, long count, CancellationToken cancellationToken)
    {
        var block = new int[BlockTokens];
        for (var first = 0L; first < count; first += BlockTokens)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var size = (int)Math.Min(BlockTokens, count - first);
            stream.ReadAt(first, block.AsSpan(0, size));
            for (var i = 0; i < size; i++)
            {
                yield return block[i];
            }
        }
    }

    private sealed class Counts(int pieces, long tokens)
    {
        // Sorted later and counted in their place: a table of them would take several times that.
        private readonly ulong[] _bigrams = new ulong[Math.Max(0, tokens - 1)];
        private int _count;

        public long[] Unigrams { get; } = new long[pieces];

        public void Add(int previous, int token)
        {
            Unigrams[token]++;
            if (previous >= 0)
            {
                _bigrams[_count++] = Key(previous, token);
            }
        }

        public Model Complete()
        {
            Array.Sort(_bigrams);
            return new(_bigrams, pieces);
        }

        public static ulong Key(int previous, int token) => ((ulong)(uint)previous << 32) | (uint)token;
    }

    /// <summary>p(w|v) = max(c(vw) - D, 0) / c(v) + D N(v.) / c(v) p1(w), with p1 the like over the number of different words before w.</summary>
    private sealed class Model
    {
        private readonly ulong[] _bigrams;
        private readonly int[] _counts;
        private readonly long[] _contexts;
        private readonly int[] _followers;
        private readonly double _discount;
        private readonly double[] _lower;

        /// <summary>The model of bigrams.</summary>
        /// <param name="bigrams">All of them, sorted; the different ones are moved to its front.</param>
        /// <param name="pieces">Pieces of the vocabulary.</param>
        public Model(ulong[] bigrams, int pieces)
        {
            _bigrams = bigrams;
            _counts = new int[Fold(bigrams, counts: null)];
            Fold(bigrams, _counts);
            _contexts = new long[pieces];
            _followers = new int[pieces];
            var predecessors = new int[pieces];
            for (var i = 0; i < _counts.Length; i++)
            {
                _contexts[bigrams[i] >> 32] += _counts[i];
                _followers[bigrams[i] >> 32]++;
                predecessors[(uint)bigrams[i]]++;
            }

            _discount = Discount(_counts);
            var discount = Discount(predecessors);
            double types = _counts.Length;
            var seen = predecessors.Count(count => count > 0);
            _lower = new double[pieces];
            for (var token = 0; token < pieces; token++)
            {
                _lower[token] = types == 0
                    ? 1.0 / pieces
                    : (Math.Max(predecessors[token] - discount, 0) / types) + (discount * seen / types / pieces);
            }
        }

        public double Probability(int previous, int token)
        {
            if (previous < 0 || _contexts[previous] == 0)
            {
                return _lower[token];
            }

            double context = _contexts[previous];
            var place = Array.BinarySearch(_bigrams, 0, _counts.Length, Counts.Key(previous, token));
            var count = place < 0 ? 0 : _counts[place];
            return (Math.Max(count - _discount, 0) / context) + (_discount * _followers[previous] / context * _lower[token]);
        }

        /// <summary>How many different values a sorted array has; where there is room for their counts, they are moved to its front and counted.</summary>
        private static int Fold(ulong[] sorted, int[]? counts)
        {
            var (different, first) = (0, 0);
            for (var i = 1; i <= sorted.Length; i++)
            {
                if (i < sorted.Length && sorted[i] == sorted[first])
                {
                    continue;
                }

                if (counts is not null)
                {
                    (sorted[different], counts[different]) = (sorted[first], i - first);
                }

                (different, first) = (different + 1, i);
            }

            return different;
        }

        /// <summary>n1 / (n1 + 2 n2), from how many have count one and two; at least 0.1, so that the unseen keep a share.</summary>
        private static double Discount(IEnumerable<int> counts)
        {
            var (ones, twos) = (0L, 0L);
            foreach (var count in counts)
            {
                ones += count == 1 ? 1 : 0;
                twos += count == 2 ? 1 : 0;
            }

            return ones == 0 ? 0.1 : Math.Max(0.1, ones / (ones + (2.0 * twos)));
        }
    }
}
