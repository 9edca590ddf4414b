using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Studies;

public sealed class CbqaPlanTests : IDisposable
{
    private static readonly StudyStart s_start = new("/checkpoint", "0123456789abcdef");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Recipes => [.. from size in ClosedBookRecipes.Sizes from dataset in ClosedBookRecipes.Datasets select (size, dataset)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Recipes))]
    public void At_full_scale_every_run_is_the_recipe_with_files_of_ones_own(string size, string dataset)
    {
        var settings = Settings() with { Size = size, Dataset = dataset, Workers = 8, Threads = 8 };

        var finetune = CbqaSpecs.Finetune(settings, s_start);
        var salient = CbqaSpecs.Continue(settings, "/salient", s_start);

        var recipe = ClosedBookRecipes.Finetune(size, dataset);
        Assert.Equal((recipe.Batch, recipe.Optimizer, recipe.Schedule, recipe.Evaluation, recipe.Workers.Precision), (finetune.Batch, finetune.Optimizer, finetune.Schedule, finetune.Evaluation, finetune.Workers.Precision));
        Assert.Equal((20_000L, 100_000L, 1e-3), (finetune.Batch.Steps, salient.Batch.Steps, salient.Schedule.Base));
        var reading = ClosedBookRecipes.Salient(size);
        Assert.Equal((reading.Batch, reading.Optimizer, reading.Schedule, reading.Evaluation, reading.Workers.Precision), (salient.Batch, salient.Optimizer, salient.Schedule, salient.Evaluation, salient.Workers.Precision));
        Assert.Equal("/salient/train.jsonl", salient.Data.Tasks[0].Train[0]);
        Assert.Equal((1_000_000L, 0.0), (CbqaSpecs.Pretrain(settings with { Corpus = "/corpus" }).Batch.Steps, salient.Model.Dropout));
        Assert.All([finetune, salient], spec => Assert.Empty(SpecReader.Read(SpecWriter.Write(spec), "run.yaml").Errors));
    }

    [Fact]
    public void A_scale_shrinks_steps_and_batches_and_what_goes_by_them()
    {
        var finetune = CbqaSpecs.Finetune(Settings() with { Scale = 0.01, Workers = 4 }, s_start);
        var least = CbqaSpecs.Finetune(Settings() with { Scale = 1e-6, Workers = 4 }, s_start);

        Assert.Equal((200L, 108, 10L, 10L, 88), (finetune.Batch.Steps, finetune.Batch.Microbatches * finetune.Batch.Microbatch, finetune.Checkpoint.Every, finetune.Evaluation.Every, finetune.Evaluation.Limit));
        Assert.Equal((1L, 8, 10L, 32, 1), (least.Batch.Steps, least.Batch.Microbatches * least.Batch.Microbatch, least.Evaluation.Every, least.Evaluation.Limit, least.Workers.Max));
    }

    [Theory]
    [InlineData(true, StageKind.Import, StageKind.Continue, StageKind.Finetune, StageKind.Evaluate)]
    [InlineData(false, StageKind.Import, StageKind.Finetune, StageKind.Evaluate)]
    public void A_published_folder_is_imported_read_on_fine_tuned_and_asked(bool salient, params StageKind[] kinds) =>
        Assert.Equal(kinds, CbqaPlan.Of(Settings() with { Salient = salient }).Graph().Stages.Select(stage => stage.Kind));

    [Fact]
    public void Other_questions_are_another_fine_tuning_of_the_same_weights()
    {
        var before = CbqaPlan.Of(Settings()).Graph().Stages;
        File.AppendAllText(At("train.jsonl"), "\n");
        var after = CbqaPlan.Of(Settings()).Graph().Stages;

        Assert.Equal([true, true, false, false], before.Zip(after).Select(pair => pair.First.Digest == pair.Second.Digest));
    }

    [Theory]
    [InlineData(true, 1, "nq-base-ssm-seed3")]
    [InlineData(false, 1, "nq-base-seed3")]
    [InlineData(true, 0.0001, "nq-base-ssm-x0.0001-seed3")]
    [InlineData(false, 0.25, "nq-base-x0.25-seed3")]
    public void A_result_is_named_by_what_may_stand_beside_it_in_one_folder(bool salient, double scale, string name) =>
        Assert.Equal(name, Assert.Single(CbqaPlan.Of(Settings() with { Salient = salient, Scale = scale, Seed = 3 }).Cells).Name);

    [Theory]
    [InlineData("size", "--size: there is no recipe for 'tyni'; choose from base, large,")]
    [InlineData("dataset", "--dataset: there is no recipe for 'qn'; choose from nq, wq, tqa.")]
    [InlineData("scale", "--scale: it was 3; choose above 0 and at most 1.")]
    [InlineData("data", "--data: /none does not exist; name the files of Natural Questions, open to train on.")]
    [InlineData("test", "--test: /none does not exist; name the file of Natural Questions, open to be tested on.")]
    [InlineData("neither", "--from: there is neither a pre-trained checkpoint nor a corpus to pre-train on")]
    [InlineData("spans", "--corpus: salient spans are taken from a corpus, and none is named")]
    [InlineData("folder", "--spans: /none/train.jsonl does not exist; name the folder that 'orchestrator corpus spans CORPUS --out DIR' made.")]
    [InlineData("empty", "is empty, so that there are no spans")]
    [InlineData("corpus", "--corpus: /none does not exist; name a corpus folder, from 'orchestrator corpus build'.")]
    [InlineData("both", "--spans: salient spans are named and left out with --no-ssm at once; leave out one of the two options.")]
    [InlineData("shape", "/published is d_model 768, d_ff 3072, heads 12, encoder_layers 12, decoder_layers 12, --size large has 1024, 4096, 16, 24, 24; choose --size base, or name the folder of a large model.")]
    [InlineData("{}", "/published/config.json is not the configuration of a T5, GPT or BERT: it has no whole number num_layers; name the folder of a T5, as Hugging Face or a run of one's own has it.")]
    [InlineData("[", "/published/config.json is not the configuration of a T5, GPT or BERT: it is not JSON; name the folder of a T5")]
    [InlineData("[]", "/published/config.json is not the configuration of a T5, GPT or BERT: it is no object; name the folder of a T5")]
    [InlineData("""{"model_type":"gpt2","n_embd":64,"n_head":4,"n_layer":2,"vocab_size":32128,"n_positions":64}""", "/published is family gpt, d_model 64,")]
    [InlineData("pieces", "/published/spiece.model cannot be used: it is not a SentencePiece model; put the spiece.model of the model there.")]
    [InlineData("rows", "--data: the files hold 1 rows, but the rows that natural_questions_open holds out are a part of the published 87925")]
    public void What_is_missing_is_one_sentence_that_names_the_option(string wrong, string sentence)
    {
        var settings = Settings();
        settings = wrong switch
        {
            "size" => settings with { Size = "tyni" },
            "dataset" => settings with { Dataset = "qn" },
            "scale" => settings with { Scale = 3 },
            "data" => settings with { Data = ["/none"] },
            "test" => settings with { Test = "/none" },
            "neither" => settings with { From = null },
            "spans" => settings with { Spans = null },
            "folder" => settings with { Spans = "/none" },
            "empty" => settings with { Spans = Emptied() },
            "corpus" => settings with { Corpus = "/none" },
            "both" => settings with { Salient = false },
            "shape" => settings with { Size = "large" },
            "pieces" => Written("spiece.model", "pieces"),
            _ when wrong[0] is '{' or '[' => Written("config.json", wrong),
            _ => settings with { HeldOut = 0 },
        };

        var error = Assert.Throws<BadInputException>(settings.Validate);

        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_a_part_of_the_published_rows_are_told_of()
    {
        var settings = Settings();
        File.WriteAllText(At("train.jsonl"), string.Concat(Enumerable.Repeat("""{"question":"who was met","answer":["Bob"]}""" + "\n", 4)));

        var notes = settings.Validate();

        Assert.Equal(2, notes.Count);
        Assert.StartsWith($"{At("train.jsonl")} holds 4 rows, a part of Natural Questions, open", notes[0], StringComparison.Ordinal);
        Assert.StartsWith($"{At("test.jsonl")} holds 1 rows, a part of Natural Questions, open", notes[1], StringComparison.Ordinal);
    }

    private CbqaSettings Written(string file, string text)
    {
        var settings = Settings();
        File.WriteAllText(Path.Combine(At("published"), file), text);
        return settings;
    }

    private string Emptied()
    {
        Directory.CreateDirectory(At("nothing"));
        File.WriteAllText(Path.Combine(At("nothing"), "train.jsonl"), "");
        return At("nothing");
    }

    private CbqaSettings Settings()
    {
        Directory.CreateDirectory(At("published"));
        Directory.CreateDirectory(At("salient"));
        File.WriteAllText(Path.Combine(At("published"), "config.json"), HuggingFaceConfig.Write(ResolvedModel.From(ClosedBookRecipes.Finetune("base", "nq").Model, 32_100)));
        // The one piece that makes a vocabulary: field 1 of the message, empty.
        File.WriteAllBytes(Path.Combine(At("published"), "spiece.model"), [0x0A, 0x00]);
        File.WriteAllText(Path.Combine(At("salient"), "train.jsonl"), """{"text":"Ann met Bob.","spans":{"start":[0],"limit":[3]}}""");
        foreach (var file in new[] { "train.jsonl", "test.jsonl" })
        {
            if (!File.Exists(At(file)))
            {
                File.WriteAllText(At(file), """{"question":"who was met","answer":["Bob"]}""");
            }
        }

        return new CbqaSettings
        {
            Size = "base",
            Dataset = "nq",
            Data = [At("train.jsonl")],
            Test = At("test.jsonl"),
            From = At("published"),
            Spans = At("salient"),
            HeldOut = 0.5,
        };
    }

    private string At(string name) => Path.Combine(_folder.Path, name);
}
