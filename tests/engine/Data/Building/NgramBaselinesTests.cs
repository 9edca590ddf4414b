using Orchestrator.Core.Data;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class NgramBaselinesTests
{
    [Theory]
    [InlineData(6, 400, 50)]
    [InlineData(40, 2000, 300)]
    [InlineData(200, 300, 100)]
    public void Entropies_are_those_of_a_slow_count(int pieces, int trainTokens, int validationTokens)
    {
        var random = new SeededRandom(3, (ulong)pieces);
        var train = Draw(pieces, trainTokens, ref random);
        var validation = Draw(pieces, validationTokens, ref random);
        using var folder = new TemporaryFolder();
        using var trainStream = Stream(folder["train"], pieces, train);
        using var validationStream = Stream(folder["validation"], pieces, validation);

        var measured = NgramBaselines.Measure(trainStream, validationStream, pieces, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(-validation.Average(token => Math.Log((train.Count(t => t == token) + 1.0) / (trainTokens + pieces))), measured.UnigramEntropy, 1e-9);
        Assert.Equal(-validation.Select((_, i) => Math.Log(KneserNey(train, pieces, i == 0 ? -1 : validation[i - 1], validation[i]))).Average(), measured.BigramEntropy, 1e-9);
        Assert.Equal((trainTokens, validationTokens), (measured.TrainTokens, measured.ValidationTokens));
    }

    [Fact]
    public void Probabilities_sum_to_one()
    {
        var random = new SeededRandom(9);
        var train = Draw(12, 100, ref random);
        for (var previous = -1; previous < 12; previous++)
        {
            Assert.Equal(1.0, Enumerable.Range(0, 12).Sum(token => KneserNey(train, 12, previous, token)), 1e-12);
        }
    }

    /// <summary>The textbook's formula (Chen and Goodman 1999, section 2.7), counted anew for every token.</summary>
    private static double KneserNey(int[] train, int pieces, int previous, int token)
    {
        var pairs = train.Zip(train.Skip(1)).ToList();
        var types = pairs.Distinct().ToList();
        static double Discount(IEnumerable<int> counts)
        {
            var list = counts.ToList();
            double ones = list.Count(c => c == 1);
            return ones == 0 ? 0.1 : Math.Max(0.1, ones / (ones + (2.0 * list.Count(c => c == 2))));
        }

        var lowerCounts = Enumerable.Range(0, pieces).Select(w => types.Count(t => t.Second == w)).ToList();
        var lowerDiscount = Discount(lowerCounts);
        var lower = (Math.Max(lowerCounts[token] - lowerDiscount, 0) / types.Count)
            + (lowerDiscount * lowerCounts.Count(c => c > 0) / types.Count / pieces);
        double context = pairs.Count(p => p.First == previous);
        if (context == 0)
        {
            return lower;
        }

        var discount = Discount(pairs.GroupBy(p => p).Select(g => g.Count()));
        return (Math.Max(pairs.Count(p => p == (previous, token)) - discount, 0) / context)
            + (discount * types.Count(t => t.First == previous) / context * lower);
    }

    private static int[] Draw(int pieces, int count, ref SeededRandom random)
    {
        // The smaller of two draws: some tokens are frequent, some never come.
        var tokens = new int[count];
        for (var i = 0; i < count; i++)
        {
            tokens[i] = (int)Math.Min(random.Below((ulong)pieces), random.Below((ulong)pieces));
        }

        return tokens;
    }

    private static TokenStream Stream(string path, int pieces, int[] tokens)
    {
        using (var writer = new ShardWriter(path, pieces + SpanLengths.SentinelCount))
        {
            writer.Add(tokens);
            writer.Complete();
        }

        return new TokenStream([new ShardReader(path)]);
    }
}
