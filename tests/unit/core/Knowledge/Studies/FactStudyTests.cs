using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Studies;

public sealed class FactStudyTests
{
    private const string Small = """
        name: small
        seeds: 2
        world: { people: 24, places: 8 }
        model: { d_model: 32, heads: 2 }
        sizes:
          - { name: narrow, model: { d_model: 16 } }
          - { name: wide, model: { d_model: 64 } }
        """;

    public static TheoryData<string> Examples => [.. Directory.GetFiles(Repository.PathOf("examples", "facts"), "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Fact]
    public void A_world_is_told_once_read_by_each_size_and_seed_and_read_on_by_each_arm()
    {
        var graph = Plan($"{Small}\narms: [none, spans]").Graph();

        Assert.Equal(
            [
                (StageKind.Generate, 1), (StageKind.Corpus, 1), (StageKind.Pretrain, 4), (StageKind.Spans, 1), (StageKind.Continue, 8), (StageKind.Finetune, 8), (StageKind.Evaluate, 8),
            ],
            graph.Stages.GroupBy(stage => stage.Kind).Select(kind => (kind.Key, kind.Count())).OrderBy(kind => kind.Key));
        Assert.All(graph.Stages, stage => Assert.All(stage.Inputs, input => Assert.True(graph.Stages.ToList().IndexOf(input) < graph.Stages.ToList().IndexOf(stage))));
        Assert.All(graph.Stages.Where(stage => stage.Kind == StageKind.Finetune), stage => Assert.NotNull(stage.Find(StageKind.Continue)));
    }

    [Fact]
    public void An_arm_that_stops_learns_its_questions_right_after_pre_training()
    {
        var graph = Plan($"{Small}\narms: [stop]").Graph();

        Assert.DoesNotContain(graph.Stages, stage => stage.Kind is StageKind.Continue or StageKind.Spans);
        Assert.All(graph.Stages.Where(stage => stage.Kind == StageKind.Finetune), stage => Assert.Equal(StageKind.Pretrain, stage.Inputs[0].Kind));
    }

    [Theory]
    [InlineData("world: { people: 32, places: 8 }", StageKind.Generate)]
    [InlineData("vocabulary: { kind: bpe }", StageKind.Corpus)]
    [InlineData("pretrain: { steps: 7 }", StageKind.Pretrain)]
    [InlineData("continue: { steps: 7 }", StageKind.Continue)]
    [InlineData("finetune: { evaluation: { every: 7 } }", StageKind.Finetune)]
    [InlineData("evaluate: { limit: 7 }", StageKind.Evaluate)]
    public void A_change_is_done_again_from_the_first_stage_that_it_touches_on(string change, StageKind first)
    {
        StageKind[] order = [StageKind.Generate, StageKind.Corpus, StageKind.Pretrain, StageKind.Continue, StageKind.Finetune, StageKind.Evaluate];
        var before = Plan("world: { people: 24, places: 8 }\narms: [none]").Graph().Stages;
        var after = Plan($"{(change.StartsWith("world", StringComparison.Ordinal) ? "" : "world: { people: 24, places: 8 }\n")}{change}\narms: [none]").Graph().Stages;

        Assert.Equal(order, before.Select(stage => stage.Kind));
        Assert.Equal(
            order.Select(kind => Array.IndexOf(order, kind) < Array.IndexOf(order, first)),
            before.Zip(after).Select(pair => pair.First.Digest == pair.Second.Digest));
    }

    [Fact]
    public void Both_arms_read_on_from_one_checkpoint_for_as_many_steps_at_one_rate()
    {
        var cells = Plan($"{Small}\ncontinue: {{ steps: 40, sentences: 24 }}\narms: [none, spans]").Cells;
        var start = new StudyStart("/pretrained", "0123456789abcdef");

        var plain = FactStudySpecs.Continue(cells[0], "/corpus", null, start);
        var salient = FactStudySpecs.Continue(cells[1], "/corpus", "/salient", start);

        Assert.Equal((plain.Batch.Steps, plain.Schedule, plain.Optimizer, plain.Model), (salient.Batch.Steps, salient.Schedule, salient.Optimizer, salient.Model));
        Assert.Equal((40, "/corpus", ObjectiveKind.SpanCorruption), (plain.Batch.Steps, plain.Data.Corpus, plain.Objective.Kind));
        Assert.Equal(("spans", "/salient/train.jsonl", 24), (salient.Data.Tasks[0].Spans, salient.Data.Tasks[0].Train[0], salient.Batch.Microbatch));
        Assert.All([plain, salient, FactStudySpecs.Pretrain(cells[0], "/corpus"), FactStudySpecs.Finetune(cells[0], "/facts", "/corpus", start)],
            spec => Assert.Empty(SpecReader.Read(SpecWriter.Write(spec), "run.yaml").Errors));
    }

    [Fact]
    public void Questions_that_choose_the_checkpoint_are_of_the_entities_that_are_trained_on()
    {
        var start = new StudyStart("/pretrained", "0123456789abcdef");

        var best = FactStudySpecs.Finetune(Plan($"{Small}\narms: [none]").Cells[0], "/facts", "/corpus", start);
        var last = FactStudySpecs.Finetune(Plan($"{Small}\nfinetune: {{ held_out: 0, evaluation: {{ keep_best: false }} }}\narms: [none]").Cells[0], "/facts", "/corpus", start);

        Assert.Equal((0.1, 0, true), (best.Data.Tasks[0].HeldOut, best.Data.Tasks[0].Validation.Count, best.Evaluation.KeepBest));
        Assert.Equal((0.0, "/facts/questions-test.jsonl", false), (last.Data.Tasks[0].HeldOut, last.Data.Tasks[0].Validation[0], last.Evaluation.KeepBest));
    }

    [Theory]
    [InlineData("arms: [salient]", "plan.yaml:1: salient must be none, spans, stop or windows, was salient")]
    [InlineData("name: x", "plan.yaml: arms is missing; name what pre-training goes on with, for example: arms: [none, spans]")]
    [InlineData("arms: [none]\nsize: []", "plan.yaml:2: size is not a known key; did you mean sizes?")]
    [InlineData("arms: [none]\nworld: { people: 24, places: 90000 }", "plan.yaml:2: world.places must be from 2 to")]
    [InlineData("arms: [none]\nmodel: { family: gpt }", "plan.yaml:2: model.family must be t5, was gpt")]
    [InlineData("arms: [none]\nfinetune: { held_out: 0 }", "plan.yaml:2: finetune.held_out is 0 and finetune.evaluation.keep_best has nothing to choose by")]
    [InlineData("arms: [spans]\ncontinue: { batch: { steps: 7 } }", "plan.yaml:2: continue.batch.steps is left out; name continue.steps")]
    [InlineData("arms: [spans]\npretrain: { steps: null }", "plan.yaml:2: pretrain.steps is missing; say how many")]
    [InlineData("arms: [spans]\ncontinue: { workers: { max: 9 } }", "plan.yaml:2: continue.workers.max must be at most batch.microbatches")]
    public void A_mistake_is_one_sentence_that_names_line_field_and_fix(string yaml, string sentence)
    {
        var result = FactPlanReader.Read(yaml, "plan.yaml");

        Assert.Null(result.Plan);
        Assert.Contains(result.Errors, error => error.ToString().StartsWith(sentence, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_is_a_valid_plan_of_its_own_name(string file)
    {
        var result = FactPlanReader.ReadFile(Repository.PathOf("examples", "facts", file));

        Assert.Empty(result.Errors);
        Assert.Equal("facts-" + Path.GetFileNameWithoutExtension(file), result.Plan!.Name);
    }

    private static FactPlan Plan(string yaml)
    {
        var result = FactPlanReader.Read(yaml, "plan.yaml");
        Assert.Empty(result.Errors);
        return result.Plan!;
    }
}
