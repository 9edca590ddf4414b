using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Studies;

public sealed class StudyGraphTests
{
    private const string Base = """
        population: { people: 40 }
        pretrain: { exposures: 50, window: 128, schedule: { warmup_steps: 10 } }
        finetune: { kind: full, epochs: 3, schedule: { warmup_steps: 1 } }
        """;

    [Fact]
    public void A_cell_is_generated_built_trained_tuned_measured_and_probed_in_that_order()
    {
        var graph = Graph("arms: [single]\nprobes: { position: true, question: true }");

        Assert.Equal(
            [StageKind.Generate, StageKind.Corpus, StageKind.Pretrain, StageKind.Finetune, StageKind.Measure, StageKind.PositionProbe, StageKind.QuestionProbe],
            graph.Stages.Select(stage => stage.Kind));
        Assert.All(graph.Stages, stage => Assert.All(stage.Inputs, input => Assert.True(graph.Stages.ToList().IndexOf(input) < graph.Stages.ToList().IndexOf(stage))));
    }

    [Fact]
    public void Arms_that_differ_in_their_fine_tuning_alone_share_everything_before_it()
    {
        var graph = Graph("arms:\n  - single\n  - { name: lora, variant: single, finetune: { kind: lora } }");

        Assert.Equal(5 + 2, graph.Stages.Count);
        Assert.Single(graph.Stages, stage => stage.Kind == StageKind.Pretrain);
        Assert.Equal(2, graph.Stages.Count(stage => stage.Kind == StageKind.Measure));
    }

    [Theory]
    [InlineData("pretrain: { exposures: 51 }", StageKind.Pretrain)]
    [InlineData("pretrain: { workers: { precision: fp32 } }", StageKind.Pretrain)]
    [InlineData("model: { d_model: 1536 }", StageKind.Pretrain)]
    [InlineData("pretrain: { qa_share: 0.8 }", StageKind.Pretrain)]
    [InlineData("finetune: { epochs: 4 }", StageKind.Finetune)]
    [InlineData("vocabulary: { kind: words }", StageKind.Corpus)]
    [InlineData("population: { people: 41 }", StageKind.Generate)]
    [InlineData("variant: permute1", StageKind.Generate)]
    public void A_change_is_done_again_from_the_first_stage_that_it_touches_on(string change, StageKind first)
    {
        var before = Graph("arms: [single]").Stages;
        var after = Graph($"arms:\n  - {{ name: single, variant: single, {change} }}".Replace("variant: single, variant", "variant", StringComparison.Ordinal)).Stages;

        var touched = before.Zip(after).SkipWhile(pair => pair.First.Kind != first);
        Assert.All(before.Zip(after).TakeWhile(pair => pair.First.Kind != first), pair => Assert.Equal(pair.First.Digest, pair.Second.Digest));
        Assert.All(touched, pair => Assert.NotEqual(pair.First.Digest, pair.Second.Digest));
    }

    [Theory]
    [InlineData("pretrain: { workers: { max: 4 } }")]
    [InlineData("pretrain: { checkpoint: { every: 7 } }")]
    public void What_does_not_change_the_weights_changes_no_stage(string change) =>
        Assert.Equal(
            Graph("arms: [single]").Stages.Select(stage => stage.Digest),
            Graph($"arms:\n  - {{ name: single, variant: single, {change} }}").Stages.Select(stage => stage.Digest));

    [Fact]
    public void Stages_are_ready_once_their_inputs_are_done_those_of_the_first_cells_first()
    {
        var graph = Graph("arms: [single, permute1]\nseeds: 2");
        var done = new HashSet<StudyStage>();
        Assert.Equal(["single-model-seed1", "permute1-model-seed1", "single-model-seed2", "permute1-model-seed2"], Ready().Select(stage => stage.Cell.Name));
        Assert.All(Ready(), stage => Assert.Equal(StageKind.Generate, stage.Kind));

        done.Add(graph.Stages[0]);

        Assert.Equal((StageKind.Corpus, "single-model-seed1"), (Ready()[0].Kind, Ready()[0].Cell.Name));
        while (Ready() is { Count: > 0 } ready)
        {
            done.Add(ready[^1]);
        }

        Assert.Equal(graph.Stages.Count, done.Count);

        List<StudyStage> Ready() => [.. graph.Ready(done, new HashSet<StudyStage>())];
    }

    [Fact]
    public void Exposures_count_all_of_a_persons_biographies()
    {
        var corpus = new SplitEntry(Documents: 200, Tokens: 200 * 127, Bytes: 1, []);
        var single = Settings("single");
        var several = Settings("multi5");

        // 200 windows of 128 with the ends; 50 passes at 8 x 12 a step, or 10.
        Assert.Equal(104, BioStudySteps.Pretrain(single, corpus));
        Assert.Equal(21, BioStudySteps.Pretrain(several, corpus));
        Assert.Equal(15, BioStudySteps.Finetune(single.Finetune, questions: 240));
    }

    [Theory]
    [InlineData(0.8)]
    [InlineData(0.3)]
    public void A_share_of_the_tokens_is_questions_and_people_are_read_of_as_often_as_without(double share)
    {
        var settings = Settings("single");
        settings = settings with { Pretrain = settings.Pretrain with { QaShare = share } };
        var corpus = new SplitEntry(Documents: 20_000, Tokens: 20_000 * 127, Bytes: 1, []);
        var count = new QuestionCount(Examples: 60_000, Tokens: 60_000 * 15);

        var mixed = MixedQuestions.Of(settings, count);
        var steps = BioStudySteps.Pretrain(settings, corpus, mixed);

        // Draws are divided by their rates: windows of 128 tokens at one, questions of 15 at their number.
        var draws = 8.0 * mixed.Microbatch * steps;
        var windows = draws * mixed.CorpusRate / (mixed.CorpusRate + count.Examples);
        Assert.Equal(share, 15 * (draws - windows) / ((15 * (draws - windows)) + (128 * windows)), 9);
        Assert.Equal(50 * 20_000, windows, 50 * 20_000 * 1e-3);
        Assert.InRange(((15 * (draws - windows)) + (128 * windows)) / steps, 96 * 128 * 0.99, 96 * 128 * 1.01);
    }

    [Fact]
    public void The_questions_of_a_mixed_run_are_a_task_beside_the_corpus()
    {
        var cell = Plan("arms:\n  - { variant: single, pretrain: { qa_share: 0.8 } }").Cells.Single();
        var mixed = MixedQuestions.Of(cell.Settings, new QuestionCount(120, 120 * 15));

        var spec = BioStudySpecs.Pretrain(cell, new BioStudyFiles("/bios", "/corpus", "/corpus/spiece.model"), 77, mixed);

        Assert.Empty(SpecReader.Read(SpecWriter.Write(spec), "run.yaml").Errors);
        Assert.Equal("/bios/questions-train.jsonl", spec.Data.Tasks.Single().Train.Single());
        Assert.Equal((mixed.CorpusRate, mixed.Microbatch, true, DataOrder.Documents), (spec.Data.CorpusRate, spec.Batch.Microbatch, spec.Data.Pack, spec.Data.Order));
    }

    [Fact]
    public void A_warm_up_longer_than_its_run_is_refused()
    {
        var corpus = new SplitEntry(Documents: 2, Tokens: 2 * 127, Bytes: 1, []);

        var error = Assert.Throws<BadInputException>(() => BioStudySteps.Pretrain(Settings("single"), corpus));

        Assert.Equal("pretrain.schedule.warmup_steps must be below the run's 1 steps, was 10; shorten the warm-up or train for longer.", error.Message);
    }

    [Fact]
    public void The_specs_of_a_cell_are_valid_and_decay_to_their_last_step()
    {
        var cell = Plan("arms: [multi5+permute]").Cells.Single();
        var files = new BioStudyFiles("/bios", "/corpus", "/corpus/spiece.model");

        foreach (var spec in new[] { BioStudySpecs.Pretrain(cell, files, 77), BioStudySpecs.Finetune(cell, files, new StudyStart("/checkpoint", "0123456789abcdef"), 77) })
        {
            Assert.Empty(SpecReader.Read(SpecWriter.Write(spec), "run.yaml").Errors);
            Assert.Equal((77L, 77L, 1L), (spec.Batch.Steps, spec.Schedule.DecaySteps, spec.Seed));
        }
    }

    private static BioStudySettings Settings(string variant) => Plan($"arms: [{variant}]").Cells[0].Settings;

    private static BioPlan Plan(string more)
    {
        var result = BioPlanReaderTests.Read($"{Base}\n{more}");
        Assert.Empty(result.Errors);
        return result.Plan!;
    }

    private static StudyGraph Graph(string more) => Plan(more).Graph();
}
