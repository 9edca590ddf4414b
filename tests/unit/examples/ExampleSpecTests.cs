using Orchestrator.Core;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Examples;

public sealed class ExampleSpecTests
{
    // Weights of the released models.
    private static readonly Dictionary<string, long> Published = new()
    {
        ["t5-small"] = 60_506_624,
        ["t5-base"] = 222_903_552,
        ["t5-large"] = 737_668_096,
        ["t5-3b"] = 2_851_598_336,
        ["t5-11b"] = 11_307_321_344,
        ["t5-v1_1-small"] = 76_961_152,
        ["t5-v1_1-base"] = 247_577_856,
        ["t5-v1_1-large"] = 783_150_080,
        ["t5-v1_1-xl"] = 2_849_757_184,
        ["t5-v1_1-xxl"] = 11_135_332_352,
    };

    public static TheoryData<string> Files => [.. Directory.GetFiles(Repository.PathOf("examples"), "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void An_example_is_a_valid_spec_of_its_own_name(string file)
    {
        var result = SpecReader.ReadFile(Repository.PathOf("examples", file));

        Assert.Empty(result.Errors);
        Assert.Equal(Path.GetFileNameWithoutExtension(file), result.Spec!.Name);
    }

    [Fact]
    public void The_fine_tuning_examples_data_lies_beside_it_and_every_row_is_an_example()
    {
        var folder = Repository.PathOf("examples", "fine-tuning");
        var yaml = File.ReadAllText(Path.Combine(folder, "fine-tune.yaml"))
            .Replace("start_from: ../../quickstart/checkpoints/step-00003000", "dropout: 0", StringComparison.Ordinal)
            .Replace("data:", "data:\n  vocabulary: fine-tune.yaml", StringComparison.Ordinal);
        var result = SpecReader.Read(yaml, "fine-tune.yaml", folder);
        Assert.Empty(result.Errors);

        using var tasks = TaskSet.Open(result.Spec!);

        Assert.Equal((384, 96), (tasks.TrainCount, tasks.ValidationCount));
    }

    [Fact]
    public void The_papers_mixture_names_every_file_that_is_missing()
    {
        var spec = SpecReader.ReadFile(Repository.PathOf("examples", "t5-multitask.yaml")).Spec!;

        var missing = Assert.Throws<BadInputException>(() => TaskSet.Open(spec)).Message.Split('\n');

        Assert.Equal(22, spec.Data.Tasks.Count);
        Assert.Equal((2 * 22) + 1, missing.Length);
    }

    [Fact]
    public void The_papers_mixture_has_its_rates_and_what_stands_before_its_inputs()
    {
        // glue_utils.py and preprocessors.py of the paper's code; RTE stands in both benchmarks. The larger sets count what they have, translations a million at most.
        Dictionary<string, (double? Rate, string Begins)> published = new()
        {
            ["cola"] = (8_551, "cola sentence: "),
            ["sst2"] = (67_349, "sst2 sentence: "),
            ["mrpc"] = (3_668, "mrpc sentence1: "),
            ["qqp"] = (363_849, "qqp question1: "),
            ["stsb"] = (5_749, "stsb sentence1: "),
            ["mnli"] = (392_702, "mnli hypothesis: "),
            ["qnli"] = (104_743, "qnli question: "),
            ["rte"] = (1_245, "rte sentence1: "),
            ["dpr"] = (1_322, "wsc: "),
            ["wsc"] = (259, "wsc: "),
            ["boolq"] = (9_427, "boolq question: "),
            ["cb"] = (250, "cb hypothesis: "),
            ["copa"] = (400, "copa choice1: "),
            ["multirc"] = (27_243, "multirc question: "),
            ["record"] = (138_854, "record query: "),
            ["wic"] = (5_428, "wic sentence1: "),
            ["super_glue_rte"] = (1_245, "rte hypothesis: "),
            ["cnn_dailymail"] = (null, "summarize: "),
            ["squad"] = (null, "question: "),
            ["wmt_en_de"] = (null, "translate English to German: "),
            ["wmt_en_fr"] = (null, "translate English to French: "),
            ["wmt_en_ro"] = (null, "translate English to Romanian: "),
        };
        var tasks = SpecReader.ReadFile(Repository.PathOf("examples", "t5-multitask.yaml")).Spec!.Data.Tasks;

        Assert.Equal(published.Keys, tasks.Select(task => task.Name));
        Assert.All(tasks, task => Assert.Equal(published[task.Name].Rate, task.Rate * task.Scale));
        Assert.All(tasks, task => Assert.StartsWith(published[task.Name].Begins, task.Prefix + task.Input, StringComparison.Ordinal));
        Assert.Equal(["wmt_en_de", "wmt_en_fr"], tasks.Where(task => task.Limit == 1e6).Select(task => task.Name));
    }

    [Fact]
    public void Every_published_size_has_an_example_with_its_number_of_weights()
    {
        var counts = Published.Keys.ToDictionary(
            name => name,
            name => ResolvedModel.From(SpecReader.ReadFile(Repository.PathOf("examples", name + ".yaml")).Spec!.Model, corpusVocabulary: 32_100).ParameterCount);

        Assert.Equal(Published, counts);
    }
}
