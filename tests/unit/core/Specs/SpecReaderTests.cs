using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Specs;

public sealed class SpecReaderTests
{
    private const string Valid = """
        name: tiny
        model:
          preset: t5-v1_1-small
          d_ff: 2048
        data:
          corpus: /corpora/manual
        batch:
          microbatches: 4
        workers:
          max: 4
        """;

    [Fact]
    public void A_spec_with_three_mistakes_gives_three_lines_in_the_order_of_the_file()
    {
        var errors = Errors("""
            name: my run
            data:
              corpus: /c
            batch:
              microbatches: 0
            model:
              feed_forward: gelu
            """);

        Assert.Equal(
            [
                "run.yaml:1: name must be 1 to 64 letters, digits, '.', '_' or '-', was \"my run\"",
                "run.yaml:5: batch.microbatches must be from 1 to 65536, was 0",
                "run.yaml:7: model.feed_forward must be relu or gated-gelu in a t5, was gelu",
            ],
            errors);
    }

    [Fact]
    public void A_preset_gives_the_shapes_and_other_fields_override_it_even_above_it()
    {
        var spec = Spec("model:\n  dropout: 0.05\n  preset: t5-11b\ndata: {corpus: /c}");

        Assert.Equal(ModelPresets.Find("t5-11b")! with { Dropout = 0.05 }, spec.Model);
        Assert.Equal(0.1, ModelPresets.Find("t5-11b")!.Dropout);
    }

    [Fact]
    public void Fields_that_are_not_given_have_their_defaults()
    {
        var spec = Spec("data: {corpus: /c}");

        Assert.Equal(new RunSpec { Data = new DataSpec { Corpus = "/c" } }, spec);
    }

    [Theory]
    [InlineData("batch: {microbatchs: 2}", "run.yaml:1: batch.microbatchs is not a known key; did you mean batch.microbatches?")]
    [InlineData("workerz: {min: 2}", "run.yaml:1: workerz is not a known key; did you mean workers?")]
    [InlineData("microbatches: 2", "run.yaml:1: microbatches is not a known key here; did you mean batch.microbatches?")]
    [InlineData("checkpoint: {xyzzyplugh: 2}", "run.yaml:1: checkpoint.xyzzyplugh is not a known key; known are every, keep")]
    [InlineData("seed: 1\nseed: 2", "run.yaml:2: seed is given twice, first on line 1; keep one")]
    [InlineData("seed: -1", "run.yaml:1: seed must be at least 0, was -1")]
    [InlineData("seed: \"1\"", "run.yaml:1: seed must be at least 0, was the text \"1\"")]
    [InlineData("seed:", "run.yaml:1: seed must be at least 0, was empty")]
    [InlineData("seed: [1]", "run.yaml:1: seed must be at least 0, was a list")]
    [InlineData("seed: 99999999999999999999", "run.yaml:1: seed must be at least 0, was 99999999999999999999")]
    [InlineData("model: small", "run.yaml:1: model must be a mapping with keys such as preset, family, d_model")]
    [InlineData("model: {d_model: 0}", "run.yaml:1: model.d_model must be from 1 to 65536, was 0")]
    [InlineData("model: {dropout: 1}", "run.yaml:1: model.dropout must be a number at least 0 and below 1, was 1")]
    [InlineData("model: {dropout: .nan}", "run.yaml:1: model.dropout must be a number at least 0 and below 1, was .nan")]
    [InlineData("model: {tied_embeddings: yes}", "run.yaml:1: model.tied_embeddings must be true or false, was yes")]
    [InlineData("objective: {noise_density: 0}", "run.yaml:1: objective.noise_density must be a number above 0 and below 1, was 0")]
    [InlineData("optimizer: {rules: t5-x}", "run.yaml:1: optimizer.rules must be t5x, mesh or hugging-face, was t5-x")]
    [InlineData("optimizer: {kind: 0}", "run.yaml:1: optimizer.kind must be adafactor or adamw, was 0")]
    [InlineData("optimizer: {kind: adamw, rules: mesh}", "run.yaml:1: optimizer.rules is a field of adafactor, and this optimizer is adamw; leave it out")]
    [InlineData("optimizer: {beta2: 0.98}", "run.yaml:1: optimizer.beta2 is a field of adamw, and this optimizer is adafactor; leave it out")]
    [InlineData("optimizer: {beta1: 1}", "run.yaml:1: optimizer.beta1 must be a number at least 0 and below 1, was 1")]
    [InlineData("optimizer: {decay_rate_exponent: 2}", "run.yaml:1: optimizer.decay_rate_exponent needs optimizer.weight_decay above 0, for example 1; without it nothing decays")]
    [InlineData("optimizer: {no_decay: \"a(?=b)\"}", "run.yaml:1: optimizer.no_decay must be a regular expression without look-around and back references, was \"a(?=b)\"")]
    [InlineData("optimizer: {no_decay: \"(\"}", "run.yaml:1: optimizer.no_decay must be a regular expression without look-around and back references, was \"(\"")]
    [InlineData("model: {preset: gpt-small}\nobjective: {kind: span-corruption}", "run.yaml:2: objective.kind must be causal-lm or prefix-lm in a gpt, was span-corruption")]
    [InlineData("objective: {kind: masked-lm}", "run.yaml:1: objective.kind must be span-corruption, prefix-lm or salient-spans in a t5, was masked-lm")]
    [InlineData("model: {family: bert}\nobjective: {kind: causal-lm}", "run.yaml:2: objective.kind must be masked-lm in a bert, was causal-lm")]
    [InlineData("loss: {label_smoothing: 1}", "run.yaml:1: loss.label_smoothing must be a number at least 0 and below 1, was 1")]
    [InlineData("schedule: {kind: cosine, warmup_steps: 100}", "run.yaml:1: schedule.decay_steps is missing; name the step at which the cosine decay ends, as a rule batch.steps, 1000")]
    [InlineData("schedule: {kind: linear, warmup_steps: 100, decay_steps: 100}", "run.yaml:1: schedule.decay_steps must be above schedule.warmup_steps, 100, was 100")]
    [InlineData("schedule: {kind: constant-linear-warmup, warmup_steps: 1001}", "run.yaml:1: schedule.warmup_steps must be at most batch.steps, 1000, where the rate warms up from zero, was 1001; shorten the warm-up")]
    [InlineData("schedule: {kind: cosine, base: 1e-3, warmup_steps: 1, decay_steps: 9, minimum: 2e-3}", "run.yaml:1: schedule.minimum must be at most schedule.base, 0.001, was 0.002")]
    [InlineData("workers: {min: 2}", "run.yaml:1: workers.min must be at most workers.max, 1, was 2")]
    [InlineData("workers: {max: 3}", "run.yaml:1: workers.max must be at most batch.microbatches, 2, was 3; a worker needs a microbatch of its own")]
    [InlineData("model: {relative_distance: 16}", "run.yaml:1: model.relative_distance must be above half of model.relative_buckets, 16, was 16")]
    public void A_mistake_names_its_line_its_field_what_is_allowed_and_what_was(string mistake, string expected) =>
        Assert.Equal([expected], Errors(mistake + "\ndata:\n  corpus: /c\n"));

    [Theory]
    [InlineData("t5-small", ObjectiveKind.SpanCorruption)]
    [InlineData("gpt2", ObjectiveKind.CausalLm)]
    [InlineData("bert-base", ObjectiveKind.MaskedLm)]
    public void A_family_learns_by_its_own_objective_unless_another_is_named(string preset, ObjectiveKind expected) =>
        Assert.Equal(expected, Spec($"model: {{preset: {preset}}}\ndata: {{corpus: /c}}").Objective.Kind);

    [Fact]
    public void An_unknown_preset_names_all_and_the_nearest()
    {
        var error = Assert.Single(Errors("model: {preset: t5-v1.1-base}\ndata: {corpus: /c}"));

        Assert.StartsWith("run.yaml:1: model.preset must be one of t5-small, t5-base,", error, StringComparison.Ordinal);
        Assert.EndsWith("was t5-v1.1-base; did you mean t5-v1_1-base?", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name: a", "run.yaml: data.corpus is missing; name the folder of a built corpus (see: orchestrator corpus build)")]
    [InlineData("", "run.yaml: is empty; a spec names at least data.corpus")]
    [InlineData("# nothing\n", "run.yaml: is empty; a spec names at least data.corpus")]
    [InlineData("- a", "run.yaml:1: must be a mapping with keys such as name, model, data")]
    [InlineData("a: &x 1\nb: *x", "run.yaml:2: is not valid YAML: aliases are not supported; write the value out")]
    [InlineData("data: {corpus: /c}\n---\nname: b", "run.yaml:2: is not valid YAML: a spec is one document, and a second one starts here")]
    public void A_file_that_is_no_spec_is_refused_in_one_line(string text, string expected) => Assert.Equal([expected], Errors(text));

    [Fact]
    public void Broken_yaml_names_the_line()
    {
        var error = Assert.Single(Errors("name: a\nmodel: {d_model: 3\ndata:\n"));

        Assert.Matches(@"^run\.yaml:\d: is not valid YAML: ", error);
    }

    [Fact]
    public void No_damaged_spec_makes_the_reader_throw()
    {
        var random = new Random(7);
        const string Signs = "{}[]:,-#&*!|>'\"%@` \n\tab1\0";
        for (var round = 0; round < 5000; round++)
        {
            var text = Valid.ToCharArray();
            for (var edits = random.Next(1, 6); edits > 0; edits--)
            {
                text[random.Next(text.Length)] = Signs[random.Next(Signs.Length)];
            }

            var result = SpecReader.Read(new string(text, 0, random.Next(text.Length)), "run.yaml");
            Assert.Equal(result.Spec is null, result.Errors.Count > 0);
        }
    }

    [Fact]
    public void Hostile_nesting_is_an_error_and_not_a_crash()
    {
        var error = Assert.Single(Errors("a: " + new string('[', 5000)));

        Assert.Contains("nested too deeply", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_field_is_blamed_once_and_not_again_by_the_rules_over_several_fields()
    {
        Assert.Equal(
            ["run.yaml:3: batch.microbatches must be from 1 to 65536, was many"],
            Errors("workers: {max: 8}\nbatch:\n  microbatches: many\ndata: {corpus: /c}"));
    }

    [Fact]
    public void A_relative_corpus_starts_at_the_folder_of_the_spec()
    {
        var result = SpecReader.Read("data: {corpus: ../corpus}", "run.yaml", "/home/me/runs");

        Assert.Equal("/home/me/corpus", result.Spec!.Data.Corpus);
    }

    [Fact]
    public void A_file_that_is_not_there_is_one_sentence()
    {
        var result = SpecReader.ReadFile("/nowhere/run.yaml");

        Assert.Equal("/nowhere/run.yaml: does not exist; name a run spec, for example one of examples/", Assert.Single(result.Errors).ToString());
    }

    [Fact]
    public void What_the_writer_writes_reads_back_to_the_same_spec()
    {
        var spec = Spec(Valid);
        var odd = spec with
        {
            Data = spec.Data with { Corpus = "/a \"b\"\\c: #ü\n" },
            Optimizer = spec.Optimizer with { Epsilon2 = 1.0 / 3, Rules = AdafactorRules.HuggingFace },
            Model = spec.Model with { Vocabulary = 512 },
        };

        Assert.Equal(odd, Spec(SpecWriter.Write(odd)));
    }

    [Fact]
    public void Comments_block_scalars_and_exponents_are_understood()
    {
        var spec = Spec("seed: 7 # lucky\noptimizer: {epsilon1: 1e-30}\ndata:\n  corpus: >-\n    /c\n");

        Assert.Equal((7, 1e-30, "/c"), (spec.Seed, spec.Optimizer.Epsilon1, spec.Data.Corpus));
    }

    [Fact]
    public void Tasks_are_read_with_their_paths_from_the_folder_of_the_spec_and_written_back()
    {
        var spec = SpecReader.Read(Tasks, "run.yaml", "/home/me").Spec!;

        Assert.Equal(["/home/me/nq.jsonl"], spec.Data.Tasks[0].Train);
        Assert.Equal(["/home/me/a.tsv", "/data/b.tsv"], spec.Data.Tasks[1].Train);
        Assert.Equal("/home/me/spiece.model", spec.Data.Vocabulary);
        Assert.Equal(2.0, spec.Data.Mixture.Temperature);
        Assert.Equal(spec, Spec(SpecWriter.Write(spec)));
        Assert.NotEqual(spec, spec with { Data = spec.Data with { Tasks = [spec.Data.Tasks[0]] } });
    }

    [Theory]
    [InlineData("prefix: \"nq question: \"", "prefxi: a", "run.yaml:5: data.tasks[0].prefxi is not a known key; did you mean data.tasks[0].prefix?")]
    [InlineData("name: web", "name: nq", "run.yaml:7: data.tasks[1].name must be another than that of the tasks before it, was \"nq\"")]
    [InlineData("name: web", "name: a/b", "run.yaml:7: data.tasks[1].name must be 1 to 64 letters, digits, '.', '_' or '-', was \"a/b\"")]
    [InlineData("/data/b.tsv", "/data/b.csv", "run.yaml:7: data.tasks[1].train[1] must be a .tsv, .jsonl or .json file, or one with .gz behind that, was /data/b.csv")]
    [InlineData("train: nq.jsonl, ", "", "run.yaml:5: data.tasks[0].train is missing; name one or several .tsv, .jsonl or .json files")]
    [InlineData("{question}", "{question", "run.yaml:6: data.tasks[0].input has a '{' that is not closed; write {field}, or {{ for the brace itself")]
    [InlineData("held_out: 0.1", "held_out: 1", "run.yaml:7: data.tasks[1].held_out must be a number at least 0 and below 1, was 1")]
    [InlineData("held_out: 0.1", "held_out: 0.1, validation: v.tsv", "run.yaml:7: data.tasks[1].held_out has no use beside validation files; keep one of them")]
    [InlineData("vocabulary: spiece.model", "corpus_rate: 3", "run.yaml:2: data.corpus_rate is the rate of data.corpus beside data.tasks, and there is none; name one or leave it out|run.yaml:5: data.vocabulary is missing; name the spiece.model that the model reads with")]
    [InlineData("vocabulary: spiece.model", "corpus: c\n  order: shuffled", "run.yaml:3: data.order must be samples or documents, was shuffled")]
    [InlineData("vocabulary: spiece.model", "vocabulary: spiece.model\n  order: documents", "run.yaml:3: data.order is about the documents of data.corpus; leave it out beside data.tasks, whose examples are in another order every epoch")]
    [InlineData("temperature: 2", "temperature: 0.5", "run.yaml:3: data.mixture.temperature must be a number from 1 to 1000000, was 0.5")]
    [InlineData("[a.tsv, /data/b.tsv]", "[a.tsv, []]", "run.yaml:7: data.tasks[1].train[1] must be text, was a list")]
    public void A_mistake_in_a_task_names_the_task(string what, string instead, string expected) =>
        Assert.Equal(expected.Split('|'), Errors(Tasks.Replace(what, instead, StringComparison.Ordinal)));

    [Theory]
    [InlineData("", "")]
    [InlineData("train: s.jsonl", "train: s.tsv")]
    [InlineData("input: \"{text}\"", "input: \"{text} {title}\"")]
    [InlineData("spans: spans", "spans: spans, target: \"{a}\"")]
    [InlineData("spans: spans", "spans: spans, mask: \"\"")]
    [InlineData("validation: v.jsonl", "held_out: 0.1")]
    [InlineData("spans: spans", "spans: spans, truncate: true")]
    public void A_task_of_spans_has_offsets_one_text_and_held_out_files(string what, string instead)
    {
        const string yaml = "data: {vocabulary: spiece.model, tasks: [{name: ssm, train: s.jsonl, validation: v.jsonl, prefix: \"nem: \", input: \"{text}\", spans: spans}]}";
        var errors = Errors(what.Length == 0 ? yaml : yaml.Replace(what, instead, StringComparison.Ordinal));

        Assert.Equal(what.Length == 0 ? 0 : 1, errors.Length);
    }

    private const string Tasks = """
        data:
          vocabulary: spiece.model
          mixture: {temperature: 2}
          tasks:
            - {name: nq, train: nq.jsonl, prefix: "nq question: ",
               input: "{question}", target: "{answer}"}
            - {name: web, train: [a.tsv, /data/b.tsv], held_out: 0.1}
        """;

    private static string[] Errors(string yaml) => [.. SpecReader.Read(yaml, "run.yaml").Errors.Select(error => error.ToString())];

    private static RunSpec Spec(string yaml)
    {
        var result = SpecReader.Read(yaml, "run.yaml");
        Assert.Empty(result.Errors);
        return result.Spec!;
    }
}
