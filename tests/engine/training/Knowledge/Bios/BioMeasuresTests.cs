using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Tasks;
using Orchestrator.Training.Knowledge.Bios;
using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;
using TorchSharp;
using Xunit;

namespace Orchestrator.Tests.Training.Knowledge.Bios;

public sealed unsafe class BioMeasuresTests : IDisposable
{
    private static readonly BioLists s_lists = BioLists.Standard.Cut(BioSizes.Parse("first=6,middle=6,last=6,city=5,university=5,major=5,company=5"));

    private readonly BioPopulation _population = new(3, 8, 0, s_lists);
    private readonly Tokenizer _tokenizer = Tokenizer.Load(BioVocabulary.Build(s_lists, new BiographyWriter(3, 2)));
    private readonly Biography[] _biographies;

    public BioMeasuresTests() =>
        _biographies = [.. _population.All.Select(person => new BiographyWriter(3, 2).Write(person, BioVariant.Parse("permute1"), 0))];

    public void Dispose() => _tokenizer.Dispose();

    [Fact]
    public void Values_names_and_pronouns_stand_where_the_text_has_them()
    {
        foreach (var biography in _biographies)
        {
            var tokens = BioTokens.Of(biography, _tokenizer);
            string Text(TokenSpan span) => _tokenizer.Decode(tokens.Tokens.AsSpan(span.First, span.Count));
            Assert.Equal(biography.Person.Name, Text(tokens.Name));
            Assert.All(BioAttributes.All, attribute => Assert.Equal(biography.Person[attribute], Text(tokens.Values[(int)attribute])));
            Assert.Contains(Text(tokens.Pronoun!.Value), new[] { "He", "She", "They", "His", "Her", "Their" });
        }
    }

    [Theory]
    [InlineData(ModelFamily.Gpt)]
    [InlineData(ModelFamily.T5)]
    [InlineData(ModelFamily.Bert)]
    public void A_model_that_learned_biographies_remembers_them_and_one_that_did_not_does_not(ModelFamily family)
    {
        using var model = Model(family);
        var before = new BioMemoryMeasure(model, _tokenizer, batch: 5).Run(_biographies, _ => { }, CancellationToken.None);
        var rows = _biographies.SelectMany(biography => MemoryRow.For(BioTokens.Of(biography, _tokenizer), family, _tokenizer)).ToArray();
        Learn(model, MemoryRow.Batch(rows), steps: family == ModelFamily.Bert ? 200 : 60);
        var measure = new BioMemoryMeasure(model, _tokenizer, batch: 5);
        var after = measure.Run(_biographies, _ => { }, CancellationToken.None);

        Assert.InRange(before.FirstMean, 0, 30);
        Assert.InRange(after.WholeMean, 80, 100);
        Assert.True(after.FirstMean >= after.WholeMean);
        Assert.Equal(after.First.Values.Average(), after.ByPosition.Average(), 1e-9);
        Assert.Equal(BioAttributes.All.Select(attribute => attribute.Name()), after.First.Keys);
        Assert.Equal(family == ModelFamily.Gpt, measure.Capacity(BioFacts.Of(_population, BioVariant.Parse("permute1"))) is not null);
    }

    [Fact]
    public void Memory_is_what_the_logits_of_the_whole_text_say()
    {
        using var model = Model(ModelFamily.Gpt);
        var rows = _biographies.SelectMany(biography => MemoryRow.For(BioTokens.Of(biography, _tokenizer), ModelFamily.Gpt, _tokenizer)).ToArray();
        Learn(model, MemoryRow.Batch(rows), steps: 14);
        var memory = new BioMemoryMeasure(model, _tokenizer, batch: 3).Run(_biographies, _ => { }, CancellationToken.None);

        foreach (var attribute in BioAttributes.All)
        {
            var (first, whole) = (0, 0);
            foreach (var row in rows)
            {
                using var scope = torch.NewDisposeScope();
                // The start token, then the text.
                using var input = torch.tensor(new long[] { 0 }.Concat(row.Targets.Select(token => (long)token)).ToArray()).view(1, -1);
                var likeliest = ((GptModel)model).forward(input).argmax(2).data<long>().ToArray();
                var span = row.Values[(int)attribute]!.Value;
                var right = Enumerable.Range(span.First, span.Count).Select(place => likeliest[place] == row.Targets[place]).ToArray();
                first += right[0] ? 1 : 0;
                whole += right.All(one => one) ? 1 : 0;
            }

            Assert.Equal(100.0 * first / rows.Length, memory.First[attribute.Name()], 1e-9);
            Assert.Equal(100.0 * whole / rows.Length, memory.Whole[attribute.Name()], 1e-9);
        }

        Assert.InRange(memory.FirstMean, 5, 95);
    }

    [Theory]
    [InlineData(ModelFamily.Gpt)]
    [InlineData(ModelFamily.T5)]
    [InlineData(ModelFamily.Bert)]
    public void A_model_that_learned_answers_gives_them_and_none_of_other_people(ModelFamily family)
    {
        using var model = Model(family);
        var (known, unknown) = (_population.All.Where(person => person.Trained).ToArray(), _population.All.Where(person => !person.Trained).ToArray());
        var examples = known.SelectMany(BioQuestion.About).Select(question => (
            (int[])[.. _tokenizer.Encode(question.Text), Tokenizer.Eos], (int[])[.. _tokenizer.Encode(question.Answer), Tokenizer.Eos])).ToArray();
        Learn(model, TaskBatch.Of(examples, new TaskLayout(family, _tokenizer.Sentinel(0), Room: null)), steps: 250);
        var measure = new BioExtractionMeasure(model, _tokenizer, batch: 10);

        var (right, wrong) = (measure.Run(known, _ => { }, CancellationToken.None), measure.Run(unknown, _ => { }, CancellationToken.None));

        Assert.InRange(right.Values.Average(), 80, 100);
        Assert.Equal(0, wrong["birth_date"]);
        Assert.InRange(BioExtraction.Of(wrong, right).HeldOutMeanOfFive, 0, 60);
    }

    private ILanguageModel Model(ModelFamily family)
    {
        var spec = ModelPresets.OfFamily(family) with { DModel = 32, DFf = 64, DKv = 8, Heads = 4, EncoderLayers = 1, DecoderLayers = 1, Dropout = 0, Vocabulary = null, Positions = PositionKind.Rotary, MaxLength = 128 };
        var model = LanguageModels.Create(ResolvedModel.From(spec, _tokenizer.VocabularySize));
        model.Initialise(2);
        return model;
    }

    private static void Learn(ILanguageModel model, TokenBatch batch, int steps)
    {
        var options = new OptimizerSpec { Kind = OptimizerKind.Adamw, Beta1 = 0.9, Beta2 = 0.98 };
        using var updates = OptimizerFactory.Create(model.Parameters, options);
        for (var step = 1; step <= steps; step++)
        {
            using var scope = torch.NewDisposeScope();
            model.Parameters.ZeroGradients();
            var sums = model.ForwardBackward(batch, LossOptions.Of(new LossSpec { ZLoss = 0 }), dropoutSeed: step);
            updates.Step(model.Parameters.Gradients, (float)(1.0 / sums.Tokens), 0.01f, step);
            model.Parameters.RefreshCompute();
        }
    }
}
