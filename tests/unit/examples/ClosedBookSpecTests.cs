using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Examples;

public sealed class ClosedBookSpecTests
{
    private static readonly string[] s_models = ["t5-base", "t5-large", "t5-3b", "t5-11b", "t5-v1_1-base", "t5-v1_1-large", "t5-v1_1-xl", "t5-v1_1-xxl"];

    // Mean tokens of an input, prefix and end counted, with T5's vocabulary.
    private static readonly Dictionary<string, double> s_tokens = new() { ["nq"] = 17.9, ["wq"] = 17.0, ["tqa"] = 27.7 };

    [Fact]
    public void Every_size_has_a_recipe_for_every_data_set_with_the_published_hyper_parameters()
    {
        var files = s_models.SelectMany(model => s_tokens.Keys.Select(data => $"{model}-{data}")).ToArray();

        Assert.Equal(files.Append("closed_book_qa").Concat(s_models.Select(model => $"{model}-ssm")).Order(StringComparer.Ordinal), Directory.GetFiles(Repository.PathOf("examples", "closed-book")).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
        foreach (var name in files)
        {
            var spec = Read(name);
            var task = Assert.Single(spec.Data.Tasks);
            var small = task.Name == "wq";
            var dataset = ClosedBookTask.Named(task.Dataset);
            Assert.Equal((name, dataset.Alias), (spec.Name, task.Name));
            Assert.Equal(name[..name.LastIndexOf('-')], spec.Model.Preset);
            Assert.Equal((name.Contains("v1_1", StringComparison.Ordinal) ? 0.05 : 0.1) * (small ? 2 : 1), spec.Model.Dropout);
            Assert.Equal((OptimizerKind.Adafactor, ScheduleKind.Constant, 1e-3, 20_000), (spec.Optimizer.Kind, spec.Schedule.Kind, spec.Schedule.Base, spec.Batch.Steps));
            Assert.InRange(spec.Batch.Microbatches * spec.Batch.Microbatch * s_tokens[task.Name] / (small ? 98_304 : 196_608), 0.93, 1.07);
            Assert.Contains($"the last checkpoint of {spec.Model.Preset}-ssm.yaml", Text(name), StringComparison.Ordinal);
            Assert.Equal((dataset.Metrics[0], dataset.Rows.HeldOut.End - dataset.Rows.HeldOut.First, true), (spec.Evaluation.Metric, spec.Evaluation.Limit, spec.Evaluation.KeepBest));
        }
    }

    [Fact]
    public void Every_size_has_a_recipe_that_reads_on_with_salient_spans_for_as_long_as_published()
    {
        foreach (var model in s_models)
        {
            var spec = Read($"{model}-ssm");
            var task = Assert.Single(spec.Data.Tasks);
            var asked = Read($"{model}-nq");
            Assert.Equal(($"{model}-ssm", model, 0.0, $"checkpoints/{model}"), (spec.Name, spec.Model.Preset, spec.Model.Dropout, spec.Model.StartFrom));
            Assert.Equal(("nem: ", "spans", 100_000L), (task.Prefix, task.Spans, spec.Batch.Steps));
            // As many tokens as in fine-tuning, in as many microbatches on the same workers: a sentence has 25.6 of them on average.
            Assert.Equal((7_680, asked.Batch.Microbatches), (spec.Batch.Microbatches * spec.Batch.Microbatch, spec.Batch.Microbatches));
            Assert.Equal((asked.Optimizer, asked.Schedule, asked.Loss, asked.Workers), (spec.Optimizer, spec.Schedule, spec.Loss, spec.Workers));
        }
    }

    [Fact]
    public void The_mixture_draws_each_data_set_as_often_as_it_has_questions()
    {
        var spec = Read("closed_book_qa");

        Assert.Equal(["trivia_qa_open", "natural_questions_open", "web_questions_open"], spec.Data.Tasks.Select(task => task.Name));
        Assert.All(spec.Data.Tasks, task => Assert.Null(task.Rate));
        Assert.Equal(new MixtureSpec(), spec.Data.Mixture);
    }

    // Where the weights to begin with are not at hand, a digest stands for them.
    private static RunSpec Read(string name)
    {
        var yaml = Text(name)
            .Replace("  start_from:", $"  start_digest: {new string('0', 16)}\n  start_from:", StringComparison.Ordinal);
        var result = SpecReader.Read(yaml, name);
        Assert.Empty(result.Errors);
        return result.Spec!;
    }

    private static string Text(string name) => File.ReadAllText(Repository.PathOf("examples", "closed-book", name + ".yaml"));
}
