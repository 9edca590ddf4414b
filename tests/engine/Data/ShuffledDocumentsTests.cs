using Orchestrator.Training.Data;
using Xunit;

namespace Orchestrator.Tests.Training.Data;

public sealed class ShuffledDocumentsTests
{
    private const int Length = 37;

    [Fact]
    public void An_epoch_is_every_document_once_with_an_end_after_each_in_an_order_of_its_own()
    {
        using var folder = new TemporaryFolder();
        using var stream = SmallText.Stream(folder.Path);
        var documents = Enumerable.Range(0, (int)stream.DocumentCount).Select(number => string.Join(' ', stream.Document(number))).ToArray();
        var shuffled = new ShuffledDocuments(stream, seed: 3);
        var orders = new List<string>();
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var all = Epoch(shuffled, epoch);
            Assert.Equal((int)(stream.TokenCount + stream.DocumentCount) / Length * Length, all.Length);
            var read = Documents(all);
            // The last is what does not fill a sample.
            Assert.InRange(read.Count, documents.Length - 2, documents.Length);
            Assert.Equal(read.Count, read.Distinct().Count());
            Assert.Subset(documents.ToHashSet(), read.SkipLast(1).ToHashSet());
            orders.Add(string.Join('\n', read));
        }

        Assert.Equal(3, orders.Distinct().Count());
        Assert.Equal(orders[1], string.Join('\n', Documents(Epoch(new ShuffledDocuments(stream, seed: 3), 1))));
        Assert.NotEqual(orders[1], string.Join('\n', Documents(Epoch(new ShuffledDocuments(stream, seed: 4), 1))));
    }

    [Fact]
    public void A_sample_is_the_same_from_any_thread_and_after_other_epochs()
    {
        using var folder = new TemporaryFolder();
        using var stream = SmallText.Stream(folder.Path);
        var reference = new ShuffledDocuments(stream, seed: 5);
        var asked = Enumerable.Range(0, 400).Select(i => (Epoch: (long)(i * 7 % 9), Sample: (long)(i * 31 % reference.SampleCount(Length)))).ToArray();
        var expected = asked.Select(one => Read(new ShuffledDocuments(stream, seed: 5), one)).ToArray();

        var read = new int[asked.Length][];
        Parallel.For(0, asked.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => read[i] = Read(reference, asked[i]));

        Assert.Equal(expected, read);
    }

    [Fact]
    public void Documents_longer_than_a_sample_and_empty_ones_are_read_too()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new ShardWriter(folder["a"], 1000))
        {
            writer.Add([11, 12, 13, 14, 15, 16, 17]);
            writer.Add([]);
            writer.Add([21]);
            writer.Complete();
        }

        using var stream = new TokenStream([new ShardReader(folder["a"])]);
        var shuffled = new ShuffledDocuments(stream, seed: 1);

        Assert.Equal(5, shuffled.SampleCount(2));
        // 11 tokens and ends: the eleventh is left over.
        var all = Enumerable.Range(0, 5).SelectMany(sample => Read(shuffled, (0, sample), 2)).ToArray();
        Assert.Equal(10, all.Length);
        Assert.InRange(all.Count(token => token == Tokenizer.Eos), 2, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => Read(shuffled, (0, 5), 2));
    }

    private static int[] Epoch(ShuffledDocuments shuffled, long epoch) =>
        [.. Enumerable.Range(0, (int)shuffled.SampleCount(Length)).SelectMany(sample => Read(shuffled, (epoch, sample)))];

    private static int[] Read(ShuffledDocuments shuffled, (long Epoch, long Sample) one, int length = Length)
    {
        var tokens = new int[length];
        shuffled.Read(one.Epoch, one.Sample, tokens);
        return tokens;
    }

    private static List<string> Documents(int[] tokens) =>
        [.. string.Join(' ', tokens).Split($" {Tokenizer.Eos} ").Select(document => document.Trim()).Where(document => document.Length > 0)];
}
