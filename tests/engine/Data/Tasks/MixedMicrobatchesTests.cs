using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Building;
using Orchestrator.Training.Model;
using TorchSharp;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Tasks;

public sealed class MixedMicrobatchesTests : IDisposable
{
    private const int Window = 24;

    private readonly TemporaryFolder _folder = new();

    public MixedMicrobatchesTests()
    {
        File.WriteAllBytes(_folder["spiece.model"], SmallText.Vocabulary);
        File.WriteAllLines(_folder["text.jsonl"], SmallText.Lines.Take(60).Select(line => $"{{\"text\":\"{line}\"}}"));
        File.WriteAllText(_folder["copy.tsv"], "number\ttext\n" + string.Concat(Enumerable.Range(0, 25).Select(i => $"{i}\tEvery checkpoint keeps {i}\n")));
        CorpusBuilder.Build(
            new CorpusBuildRequest
            {
                Inputs = [_folder["text.jsonl"]],
                Out = _folder["corpus"],
                Vocabulary = _folder["spiece.model"],
                ValidationOneIn = 0,
                SkipRules = [.. CleaningRules.Optional.Select(CleaningRules.Name)],
            },
            _ => { },
            CancellationToken.None);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("gpt", true)]
    [InlineData("gpt", false)]
    [InlineData("t5", false)]
    public void An_epoch_draws_every_sample_and_every_example_once_and_no_row_holds_both(string family, bool pack)
    {
        var spec = Spec(family, pack);
        using var data = TrainingData.Open(spec);
        var input = RunInput.Require(spec);
        using var alone = TrainingData.Open(spec with { Data = spec.Data with { Tasks = [] } });
        Assert.Equal((data.Train.SampleCount, data.Fingerprint), (input.SamplesPerEpoch, input.Fingerprint));
        Assert.Equal(20 + alone.Train.SampleCount, data.Train.SampleCount);

        var answers = new List<string>();
        var windows = 0;
        for (var first = 0L; first < data.Train.SampleCount; first += 6)
        {
            var (count, epochs) = (Math.Min(6, data.Train.SampleCount - first), new List<SampleRange>());
            epochs.Add(new SampleRange(0, first, count));
            epochs.Add(new SampleRange(1, 0, 6));
            var batch = data.Train.Make(1, epochs, 0).Tokens;
            for (var row = 0; row < batch.Rows && count == 6; row++)
            {
                var counted = Enumerable.Range(row * batch.TargetLength, batch.TargetLength).Where(batch.Counts).ToArray();
                var text = data.Tokenizer.Decode([.. counted.Select(place => (int)batch.Targets[place])]);
                var found = text.Split("number ", StringSplitOptions.RemoveEmptyEntries);
                if (text.StartsWith("number ", StringComparison.Ordinal))
                {
                    answers.AddRange(found.Select(answer => answer.Trim()));
                    Assert.All(found, answer => Assert.Matches(@"^\d+ ?$", answer));
                }
                else
                {
                    windows++;
                }
            }
        }

        Assert.Equal(answers.Count, answers.Distinct().Count());
        Assert.InRange(answers.Count, 15, 20);
        Assert.InRange(windows, alone.Train.SampleCount - 5, alone.Train.SampleCount);
    }

    [Fact]
    public void Rates_say_how_much_of_a_run_is_the_corpus_and_change_its_digest()
    {
        var spec = Spec("gpt", pack: true);
        var rare = spec with { Data = spec.Data with { CorpusRate = 5 } };
        using var data = TrainingData.Open(rare);
        var batch = data.Train.Make(1, [new SampleRange(0, 0, data.Train.SampleCount)], 0).Tokens;

        // 25 draws, of which 20 : 5 are the tasks' and the corpus's.
        var input = RunInput.Require(rare);
        Assert.Equal(RunInput.Require(spec).SamplesPerEpoch, input.SamplesPerEpoch);
        Assert.NotEqual(RunInput.Require(spec).SpecDigest, input.SpecDigest);
        Assert.True(batch.Rows > 0);
    }

    [Theory]
    [InlineData("gpt", true)]
    [InlineData("t5", true)]
    [InlineData("t5", false)]
    public void The_gradient_of_rows_of_both_kinds_is_the_sum_of_each_kinds(string family, bool pack)
    {
        var spec = Spec(family, pack);
        using var corpus = TrainingData.Open(spec with { Data = spec.Data with { Tasks = [] } });
        using var tasks = TrainingData.Open(spec with { Data = spec.Data with { Corpus = "", Vocabulary = _folder["spiece.model"], Order = DataOrder.Samples } });
        using var model = LanguageModels.Create(ResolvedModel.From(spec.Model, corpus.Tokenizer.VocabularySize));
        model.Initialise(3);
        TokenBatch[] batches = [corpus.Train.Make(1, [new SampleRange(0, 0, 6)], 0).Tokens, tasks.Train.Make(1, [new SampleRange(0, 0, 6)], 0).Tokens];

        var (separate, separateGradient) = Gradient(model, batches);
        var (stacked, gradient) = Gradient(model, [StackedRows.Of(batches[0], batches[1])]);

        Assert.Equal(separate.Tokens, stacked.Tokens);
        Assert.Equal(separate.Total, stacked.Total, separate.Total * 1e-5);
        var scale = separateGradient.Max(Math.Abs);
        Assert.All(separateGradient.Zip(gradient), pair => Assert.InRange(pair.First - pair.Second, -1e-4 * scale, 1e-4 * scale));
    }

    [Fact]
    public void Another_vocabulary_than_the_corpuss_is_refused()
    {
        var other = _folder["other.model"];
        File.WriteAllBytes(other, VocabularyTrainer.Train(SmallText.Lines, new VocabularyOptions { Pieces = 150 }));
        var spec = Spec("gpt", pack: true);

        var error = Assert.Throws<BadInputException>(() => RunInput.Require(spec with { Data = spec.Data with { Vocabulary = other } }));

        Assert.StartsWith("data.vocabulary:", error.Message, StringComparison.Ordinal);
    }

    private static (LossSums Sums, float[] Gradient) Gradient(ILanguageModel model, TokenBatch[] batches)
    {
        model.Parameters.ZeroGradients();
        var sums = default(LossSums);
        foreach (var batch in batches)
        {
            using var scope = torch.NewDisposeScope();
            sums += model.ForwardBackward(batch, LossOptions.Of(new LossSpec()), dropoutSeed: 1);
        }

        return (sums, [.. model.Parameters.Trained.SelectMany(slice => model.Parameters.GradientSpan(slice.Name).ToArray())]);
    }

    private RunSpec Spec(string family, bool pack)
    {
        var read = SpecReader.Read(
            $$"""
            model: {family: {{family}}, d_model: 32, d_ff: 64, heads: 4{{(family == "t5" ? ", d_kv: 8, encoder_layers: 1" : ", max_length: 64, positions: rotary, rotary_share: 0.5")}}, decoder_layers: 1, dropout: 0}
            data:
              corpus: {{_folder["corpus"]}}
              input_length: {{Window}}
              target_length: 16
              order: documents
              pack: {{(pack ? "true" : "false")}}
              tasks:
              - {name: copy, train: [{{_folder["copy.tsv"]}}], held_out: 0.2, input: "{text}", target: "number {number}"}
            batch: {microbatch: 6, microbatches: 1}
            """,
            "run.yaml",
            _folder.Path);
        Assert.Empty(read.Errors);
        return read.Spec!;
    }
}
