using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Studies;

public sealed class BioPlanReaderTests
{
    private const string Small = """
        name: small
        seeds: 2
        population: { people: 40, first_names: 10, middle_names: 10, last_names: 10 }
        model: { d_model: 64, heads: 4, decoder_layers: 2 }
        pretrain: { exposures: 50, window: 128, schedule: { warmup_steps: 10 } }
        models:
          - name: narrow
          - { name: wide, model: { d_model: 128 } }
        arms:
          - single
          - { variant: multi5+permute, pretrain: { exposures: 100 } }
          - { name: known, variant: single, population: { celebrities: 20 }, finetune: { kind: none } }
        """;

    public static TheoryData<string> Examples => [.. Directory.GetFiles(Repository.PathOf("examples", "bios"), "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Fact]
    public void A_plan_is_a_grid_whose_arms_and_models_say_only_what_differs()
    {
        var plan = Read(Small).Plan!;

        Assert.Equal(
            ["single-narrow-seed1", "multi5+permute-narrow-seed1", "known-narrow-seed1", "single-wide-seed1", "multi5+permute-wide-seed1", "known-wide-seed1"],
            plan.Cells.Take(6).Select(cell => cell.Name));
        Assert.Equal(12, plan.Cells.Count);
        var known = plan.Cells[5].Settings;
        Assert.Equal((128, 4, 512, 2), (known.Model.DModel, known.Model.Heads, known.Model.DFf, known.Model.DecoderLayers));
        Assert.Equal((40L, 20L, FinetuneKind.None), (known.Population.People, known.Population.Celebrities, known.Finetune.Kind));
        Assert.Equal([50.0, 100.0, 50.0], plan.Cells.Take(3).Select(cell => cell.Settings.Pretrain.Exposures!.Value));
    }

    [Fact]
    public void What_a_plan_leaves_out_is_the_papers_protocol()
    {
        var settings = Read("arms: single").Plan!.Cells.Single().Settings;

        Assert.Equal((100_000L, 0L), (settings.Population.People, settings.Population.Celebrities));
        Assert.Equal((ModelFamily.Gpt, PositionKind.Rotary, 768, 12, 12), (settings.Model.Family, settings.Model.Positions, settings.Model.DModel, settings.Model.Heads, settings.Model.DecoderLayers));
        var pretrain = settings.Pretrain;
        Assert.Equal((96, 512, OptimizerKind.Adamw, 0.1, 1e-6), (pretrain.Batch.Microbatches * pretrain.Batch.Microbatch, pretrain.Window, pretrain.Optimizer.Kind, pretrain.Optimizer.WeightDecay, pretrain.Optimizer.Epsilon));
        Assert.Equal((ScheduleKind.Cosine, 1e-3, 1e-4, 1000L), (pretrain.Schedule.Kind, pretrain.Schedule.Base, pretrain.Schedule.Minimum, pretrain.Schedule.WarmupSteps));
        Assert.Equal((FinetuneKind.Lora, 8, 128, 3e-4), (settings.Finetune.Kind, settings.Finetune.Lora.Rank, settings.Finetune.Lora.Embeddings, settings.Finetune.Schedule.Base));
        Assert.Equal(["query_key_value"], settings.Finetune.Lora.Targets);
    }

    [Theory]
    [InlineData("arms: [single]\nsead: 3", "plan.yaml:2: sead is not a known key; did you mean seeds?")]
    [InlineData("arms: [single]\npopulation: { peple: 3 }", "plan.yaml:2: population.peple is not a known key; did you mean population.people?")]
    [InlineData("arms: [singel]", "plan.yaml:1: variant 'singel' is unknown; it is single, permuteP or multiM")]
    [InlineData("name: x", "plan.yaml: arms is missing; name at least one variant")]
    [InlineData("arms: [single, single]", "plan.yaml:1: arms[1] has the name single of one before it; give it a name of its own")]
    [InlineData("arms:\n  - name: x", "plan.yaml:2: variant is missing; name how people are told of")]
    [InlineData("arms: [single]\npretrain: { steps: 5000, exposures: 3 }", "plan.yaml:2: pretrain.steps and pretrain.exposures are both given; keep one of them")]
    [InlineData("arms: [single]\npretrain: { batch: { steps: 7 } }", "plan.yaml:2: pretrain.batch.steps is left out; name pretrain.steps")]
    [InlineData("arms: [single]\npretrain: { window: 2048 }", "plan.yaml:2: pretrain.window must be at most model.max_length, 1024, was 2048")]
    [InlineData("arms: [single]\npretrain: { qa_share: 1 }", "plan.yaml:2: pretrain.qa_share must be a number above 0 and below 1, was 1")]
    [InlineData("arms: [single]\npretrain: { window: 1024, qa_share: 0.8 }", "plan.yaml:2: pretrain.window and finetune.target_length together must be at most model.max_length, 1024, were 1056")]
    [InlineData("arms: [single]\nmodel: { d_model: 100 }", "plan.yaml:2: model.d_model must be a multiple of model.heads, 12, was 100")]
    [InlineData("arms: [single]\npretrain: { workers: { max: 9 } }", "plan.yaml:2: pretrain.workers.max must be at most batch.microbatches, 8, was 9")]
    [InlineData("arms: [single]\npopulation: { first_names: 1, middle_names: 1, last_names: 5 }", "plan.yaml:2: population.people the lists make 5 different names and 100000 people need one each")]
    [InlineData("arms:\n  - single\n  - { variant: multi2, finetune: { kind: full, lora: { rank: 4 } } }", "plan.yaml:3: finetune.lora is for finetune.kind lora, was full")]
    [InlineData("arms: [single]\nmodel: { start_from: x }", "plan.yaml:2: model.start_from is left out: a study's models begin with the weights of their seed")]
    [InlineData("arms: []", "plan.yaml:1: arms is empty; name at least one variant")]
    [InlineData("arms: [single]\nvocabulary: { file: nope }", "plan.yaml:2: vocabulary.file names nope, which does not exist; name a spiece.model")]
    [InlineData("arms: [single]\npopulation: { templates: 5000 }", "plan.yaml:2: population.templates must be at most 46, the sentences that there are of every attribute, was 5000")]
    [InlineData("arms: [single]\npretrain: { steps: 5, schedule: { warmup_steps: 200 } }", "plan.yaml:2: pretrain.schedule.warmup_steps must be below the run's 5 steps, was 200")]
    [InlineData("arms: [single]\nfinetune: { epochs: 1 }\npopulation: { people: 40 }\npretrain: { exposures: 1 }", "plan.yaml:4: pretrain.schedule.warmup_steps must be below the run's steps, at most ")]
    [InlineData("arms: [single]\nfinetune:\n  epochs: 1\n  schedule: { warmup_steps: 7 }\npopulation: { people: 112 }\npretrain: { steps: 2000 }", "plan.yaml:4: finetune.schedule.warmup_steps must be below the run's 7 steps, was 7")]
    [InlineData("arms: [single]\nfinetune: { lora: { targets: [query_key_value, q] } }", "plan.yaml:2: finetune.lora.targets[1] \"q\" means none of the model's matrices; those of this gpt are query_key_value, dense, dense_h_to_4h, dense_4h_to_h")]
    [InlineData("arms: [single]\nmodel: { family: t5 }\nfinetune: { lora: { targets: [], embeddings: null } }", "plan.yaml:3: finetune.lora.targets is empty and there is no rank for the embedding, so that nothing is trained")]
    [InlineData("arms: [single]\nmodel: { d_model: 96 }\nfinetune: { lora: { embeddings: 128 } }", "plan.yaml:3: finetune.lora.embeddings must be at most model.d_model, 96, was 128")]
    [InlineData("arms: [single]\nmodel: { d_model: 96 }\nfinetune: { lora: { rank: 97 } }", "plan.yaml:3: finetune.lora.rank must be at most 96, the smaller side of gpt_neox.layers.0.attention.query_key_value.weight, was 97")]
    [InlineData("arms: [single]\nmodel: { family: bert }\nprobes: { position: true }", "plan.yaml:3: probes.position is for a gpt, which has not seen a value before it comes to it, and this model is a bert")]
    [InlineData("- single", "plan.yaml:1: must be a mapping with keys such as name, population, arms")]
    public void A_mistake_is_one_sentence_that_names_line_field_and_fix(string yaml, string sentence)
    {
        var result = Read(yaml);

        Assert.Null(result.Plan);
        Assert.Contains(result.Errors, error => error.ToString().StartsWith(sentence, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("d_model: 64, heads: 4", "query_key_value", 64)]
    [InlineData("d_model: 64, heads: 4, positions: learned", "c_attn", 64)]
    [InlineData("family: t5, d_model: 256", "q, v", 128)]
    [InlineData("family: bert, d_model: 96, heads: 4", "query, value", 96)]
    public void What_a_plan_leaves_out_of_its_low_rank_updates_is_as_its_model_has_it(string model, string targets, int embeddings)
    {
        var lora = Read($"arms: [single]\nmodel: {{ {model} }}").Plan!.Cells.Single().Settings.Finetune.Lora;

        Assert.Equal((targets, embeddings), (string.Join(", ", lora.Targets), lora.Embeddings));
    }

    [Fact]
    public void Low_rank_updates_that_are_not_made_are_as_they_were_so_that_no_stage_is_done_again()
    {
        var lora = Read("arms: [single]\nmodel: { d_model: 64, heads: 4 }\nfinetune: { kind: full }").Plan!.Cells.Single().Settings.Finetune.Lora;

        Assert.Equal(new FinetuneSettings().Lora, lora);
    }

    [Theory]
    [InlineData("gpt", ObjectiveKind.CausalLm, false, 512)]
    [InlineData("t5", ObjectiveKind.SpanCorruption, false, 568)]
    [InlineData("bert", ObjectiveKind.MaskedLm, true, 512)]
    public void A_family_reads_biographies_by_an_objective_of_its_own(string family, ObjectiveKind kind, bool wholeWords, int tokens)
    {
        var cell = Read($"arms: [single]\nmodel: {{ family: {family} }}").Plan!.Cells.Single();

        var objective = BioStudySpecs.Pretrain(cell, new BioStudyFiles("bios", "corpus", "spiece.model"), 2000).Objective;

        Assert.Equal((kind, wholeWords, tokens), (objective.Kind, objective.WholeWords, BioStudySpecs.WindowTokens(cell.Settings)));
    }

    [Fact]
    public void A_mistake_of_what_all_arms_share_is_told_once() =>
        Assert.Single(Read(Small + "\nprobes: { steps: 0 }").Errors);

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_is_a_valid_plan_of_its_own_name(string file)
    {
        var result = BioPlanReader.ReadFile(Repository.PathOf("examples", "bios", file));

        Assert.Empty(result.Errors);
        Assert.Equal(Path.GetFileNameWithoutExtension(file), result.Plan!.Name);
    }

    internal static StudyPlanResult<BioPlan> Read(string yaml) => BioPlanReader.Read(yaml, "plan.yaml");
}
