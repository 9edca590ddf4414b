using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Runs;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Building;
using Orchestrator.Training.Data.Tracing;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Tracing;

public sealed class PassageTraceTests(PassageTraceTests.Corpora corpora) : IClassFixture<PassageTraceTests.Corpora>
{
    private const int PerStep = 8;

    [Theory]
    [InlineData("a", DataOrder.Samples)]
    [InlineData("mix", DataOrder.Samples)]
    [InlineData("a", DataOrder.Documents)]
    public void A_passage_was_seen_at_those_steps_whose_samples_hold_it(string corpus, DataOrder dataOrder)
    {
        using var data = Open(corpus, dataOrder);
        var stream = data.Corpus!.Train;
        var passage = Sentences(data, stream.DocumentCount - 2)[1];
        var place = Assert.Single(new PassageSearch(data.Tokenizer, [passage]).In(stream));
        var ledger = Ledger(data, epochs: 3);

        var seen = PassageTrace.Find(data, ledger, [place.Tokens]).ToList();

        Assert.Equal(stream.DocumentCount - 2, place.Document);
        Assert.Equal(Holding(data, dataOrder, ledger, passage), seen.Where(found => found.Share.Tokens == place.Tokens.Count).Select(found => (found.When.Step, found.When.Offset)));
        // The smaller corpus of the mixture comes more than once an epoch.
        Assert.InRange(seen.Sum(found => found.Share.Tokens) / (3.0 * place.Tokens.Count), 1, corpus == "a" ? 1 : 10);
    }

    [Theory]
    [InlineData(DataOrder.Samples)]
    [InlineData(DataOrder.Documents)]
    public void Every_token_of_a_document_is_seen_once_an_epoch(DataOrder dataOrder)
    {
        using var data = Open("a", dataOrder);
        // What an epoch leaves over at its end belongs to other documents.
        var documents = Enumerable.Range(0, 20).Select(number => data.Corpus!.Train.DocumentPlace(number)).ToList();

        var seen = PassageTrace.Find(data, Ledger(data, epochs: 2), documents).ToLookup(found => (found.Stretch, found.When.Epoch), found => (long)found.Share.Tokens);

        Assert.Equal(documents.SelectMany((place, i) => new[] { (i, 0L, place.Count), (i, 1L, place.Count) }), seen.Select(found => (found.Key.Stretch, found.Key.Epoch, found.Sum())).Order());
    }

    [Fact]
    public void A_passage_may_begin_and_end_in_a_word_and_reach_over_a_line()
    {
        using var data = Open("a");
        var stream = data.Corpus!.Train;
        var text = data.Tokenizer.Decode(stream.Document(7));
        var (from, length) = (text.IndexOf("number", StringComparison.Ordinal) + 2, 90);

        var places = new PassageSearch(data.Tokenizer, [text.Substring(from, length).Replace(" ", "\n ", StringComparison.Ordinal), "no such words"]).In(stream);

        var found = Assert.Single(places);
        Assert.Equal((0, 7L), (found.Passage, found.Document));
        var tokens = new int[found.Tokens.Count];
        stream.ReadAt(found.Tokens.First, tokens);
        var spelled = data.Tokenizer.Decode(tokens);
        Assert.Contains(text.Substring(from, length), spelled, StringComparison.Ordinal);
        Assert.InRange(spelled.Length, length, length + 20);
    }

    [Fact]
    public void Every_place_of_several_passages_is_found()
    {
        using var data = Open("a");
        var stream = data.Corpus!.Train;
        string[] passages = ["in memory", "memory", "seven numbers"];

        var found = new PassageSearch(data.Tokenizer, passages).In(stream).ToLookup(place => place.Passage);

        var texts = Enumerable.Range(0, (int)stream.DocumentCount).Select(number => data.Tokenizer.Decode(stream.Document(number))).ToList();
        Assert.All(Enumerable.Range(0, passages.Length), i => Assert.Equal(texts.Sum(text => text.Split(passages[i]).Length - 1), found[i].Count()));
        Assert.NotEmpty(found[0]);
        Assert.Throws<BadInputException>(() => new PassageSearch(data.Tokenizer, [" \n"]));
    }

    private static string[] Sentences(TrainingData data, long document) => data.Tokenizer.Decode(data.Corpus!.Train.Document(document)).Split(". ");

    private static List<LedgerLine> Ledger(TrainingData data, int epochs)
    {
        var samples = data.Train.SampleCount;
        return [.. Enumerable.Range(1, (int)(epochs * samples / PerStep) + 1).Select(step => new LedgerLine(step + 1, step, StepSamples.Of(step, PerStep, samples), null, "", ""))
            .Select(line => line with { Samples = [.. line.Samples.Where(range => range.Epoch < epochs)] })];
    }

    /// <summary>The steps and places in them whose samples, decoded, hold a passage.</summary>
    private static List<(long Step, long Offset)> Holding(TrainingData data, DataOrder dataOrder, List<LedgerLine> ledger, string passage)
    {
        var order = new SampleOrder(new RunSpec().Seed, data.Train.SampleCount);
        ISampleReader samples = dataOrder == DataOrder.Documents ? new ShuffledDocuments(data.Corpus!.Train, new RunSpec().Seed) : data.Corpus!.Train;
        var raw = new int[ObjectiveLengths.Of(Spec(data.Corpus!.Folder, dataOrder)).Raw];
        return [.. ledger.SelectMany(line => Enumerable.Range(0, (int)line.Samples.Sum(range => range.Count)).Select(offset => (line.Step, Offset: (long)offset, Place: StepSamples.Locate(line.Samples, offset))))
            .Where(sample =>
            {
                samples.Read(sample.Place.Epoch, order.At(sample.Place.Epoch, sample.Place.Index), raw);
                return data.Tokenizer.Decode(raw).Contains(passage, StringComparison.Ordinal);
            })
            .Select(sample => (sample.Step, sample.Offset))];
    }

    private static RunSpec Spec(string corpus, DataOrder order) => new() { Data = new DataSpec { Corpus = corpus, InputLength = 128, Order = order }, Batch = new BatchSpec { Microbatches = 2, Microbatch = 4 } };

    private TrainingData Open(string corpus, DataOrder order = DataOrder.Samples) => TrainingData.Open(Spec(corpora.Folder[corpus], order));

    /// <summary>Two corpora of unlike size, and their mixture.</summary>
    public sealed class Corpora : IDisposable
    {
        public Corpora()
        {
            File.WriteAllBytes(Folder["given.model"], SmallText.Vocabulary);
            Build("a", 0, 60);
            Build("b", 60, 20);
            CorpusEditor.Edit(
                new CorpusEditRequest { Edit = CorpusEdit.Mix, Corpora = [Folder["a"], Folder["b"]], Weights = [1, 1], Out = Folder["mix"] }, _ => { }, CancellationToken.None);
        }

        internal TemporaryFolder Folder { get; } = new();

        public void Dispose() => Folder.Dispose();

        private void Build(string name, int first, int pages)
        {
            var text = Directory.CreateDirectory(Folder[name + "-text"]).FullName;
            foreach (var page in Enumerable.Range(first, pages))
            {
                File.WriteAllText(Path.Combine(text, $"{page:D3}.txt"), string.Join(' ', SmallText.Lines.Skip(page * 12).Take(12)));
            }

            CorpusBuilder.Build(new CorpusBuildRequest { Inputs = [text], Out = Folder[name], Vocabulary = Folder["given.model"] }, _ => { }, CancellationToken.None);
        }
    }
}
