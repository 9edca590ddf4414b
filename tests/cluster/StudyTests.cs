using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>A tiny study as a person runs it, with the real coordinator, workers and jobs.</summary>
public sealed class StudyTests(Sandbox sandbox, ITestOutputHelper output) : IDisposable
{
    private const string Plan = """
        name: tiny
        population: { people: 40, first_names: 20, middle_names: 20, last_names: 20, cities: 10, universities: 10, majors: 10, companies: 10, company_cities: 5, templates: 5 }
        vocabulary: { kind: words }
        model: { d_model: 32, heads: 2, decoder_layers: 1, max_length: 64, dropout: 0 }
        pretrain:
          steps: 500
          window: 64
          batch: { microbatches: 1, microbatch: 2 }
          schedule: { base: 2.0e-3, warmup_steps: 10, minimum: 2.0e-4 }
          checkpoint: { every: 20, keep: 1 }
        finetune: { kind: full, steps: 10, batch: { microbatches: 1, microbatch: 8 }, input_length: 24, target_length: 8 }
        arms: [single]
        """;

    private static readonly string s_short = Plan.Replace("steps: 500", "steps: 12", StringComparison.Ordinal);

    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-test-").FullName;
    private readonly CancellationToken _cancelled = TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_killed_study_goes_on_repeats_nothing_that_was_done_and_ends_with_the_same_results()
    {
        var undisturbed = await CommandLine.RunAsync(_cancelled, Study("one"));
        Assert.True(undisturbed.Code == 0, undisturbed.Error);

        using var killed = CommandLine.Start(Study("other"));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_cancelled);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        while (!HasCheckpoint("other"))
        {
            await Task.Delay(5, patience.Token);
        }

        CommandLine.Signal(killed.Id, "KILL");
        await killed.FinishAsync(_cancelled);
        Assert.False(Directory.Exists(Path.Combine(_folder, "other", "results")));

        // What changes no weights may be another by then: the run that was begun ends, and one of the new settings goes on in its folder.
        var resumed = await CommandLine.RunAsync(_cancelled, Study("other", Plan.Replace("every: 20", "every: 30", StringComparison.Ordinal)));

        Assert.True(resumed.Code == 0, resumed.Error);
        Assert.Equal(["finetune", "measure", "pretrain"], Begun(resumed.Lines));
        Assert.Equal(Results("one"), Results("other"));
        Assert.Single(Results("one"));
        Assert.True(File.Exists(Path.Combine(_folder, "other", "report", "index.html")));

        var again = await CommandLine.RunAsync(_cancelled, Study("other"));
        Assert.Equal(0, again.Code);
        Assert.Empty(Begun(again.Lines));
    }

    [Fact]
    public async Task A_plan_that_says_nothing_of_fine_tuning_ends_with_low_rank_updates_of_its_own_model()
    {
        var (code, _, error) = await CommandLine.RunAsync(_cancelled, Study("lora", s_short.Replace("kind: full, ", "", StringComparison.Ordinal)));

        Assert.True(code == 0, error);
        Assert.Single(Results("lora"));
        var finetune = Assert.Single(Directory.GetDirectories(Path.Combine(_folder, "lora", "stages"), "finetune-*"));
        var adapter = File.ReadAllText(Directory.EnumerateFiles(finetune, "adapter_config.json", SearchOption.AllDirectories).First());
        Assert.Contains("query_key_value", adapter, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("t5", "family: t5, d_model: 32, d_ff: 64, d_kv: 16, heads: 2, encoder_layers: 1, decoder_layers: 1, dropout: 0")]
    [InlineData("bert", "family: bert, positions: rotary, d_model: 32, heads: 2, encoder_layers: 1, max_length: 72, dropout: 0")]
    [Trait("Length", "long")]
    public async Task A_model_of_another_family_reads_is_asked_and_is_probed_as_a_decoder_is(string family, string model)
    {
        var plan = s_short.Replace("model: { d_model: 32, heads: 2, decoder_layers: 1, max_length: 64, dropout: 0 }", $"model: {{ {model} }}", StringComparison.Ordinal)
            .Replace("arms: [single]", """
                probes: { question: true, steps: 5, batch: 10, rank: 1 }
                arms:
                  - single
                  - { name: low, variant: single, finetune: { kind: lora } }
                  - { name: mixed, variant: single, pretrain: { qa_share: 0.5 }, finetune: { kind: none } }
                """, StringComparison.Ordinal);

        var (code, _, error) = await CommandLine.RunAsync(_cancelled, Study(family, plan));

        Assert.True(code == 0, error);
        Assert.Equal(["low-model-seed1.json", "mixed-model-seed1.json", "single-model-seed1.json"], Results(family).Keys);
    }

    [Fact]
    public async Task The_runs_of_a_study_go_to_the_coordinator_that_it_is_given()
    {
        var token = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(token, "a study elsewhere", _cancelled);
        await using var coordinator = Cli.StartProgram(
            sandbox, "orchestrator-coordinator", "--data", Path.Combine(_folder, "state"), "--listen", "http://127.0.0.1:0", "--token-file", token);
        var listening = await coordinator.SawErrorAsync(line => line.StartsWith("Listening at ", StringComparison.Ordinal));
        string[] there = ["--coordinator", listening["Listening at ".Length..], "--token-file", token];
        await using var worker = Cli.Start(sandbox, ["worker", .. there, "--threads", "1"]);

        var (code, lines, error) = await CommandLine.RunAsync(_cancelled, [.. Study("elsewhere", s_short), .. there]);

        Assert.True(code == 0, error);
        Assert.Equal(["corpus", "finetune", "generate", "measure", "pretrain"], Begun(lines));
        Assert.Single(Results("elsewhere"));
        Assert.False(Directory.Exists(Path.Combine(_folder, "elsewhere", "coordinator")));
        var runs = await Cli.RunAsync(sandbox, ["status", "--json", .. there]);
        Assert.Contains("single-model-1-finetune", runs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_with_mistakes_is_refused_before_anything_is_written()
    {
        var plan = Path.Combine(_folder, "plan.yaml");
        File.WriteAllText(plan, Plan.Replace("kind: full", "kynd: full", StringComparison.Ordinal));

        var (code, _, error) = await CommandLine.RunAsync(_cancelled, "study", "bios", "run", plan, "--out", Path.Combine(_folder, "none"));

        Assert.Equal(2, code);
        Assert.Equal($"{plan}:11: finetune.kynd is not a known key; did you mean finetune.kind?", error.TrimEnd());
        Assert.False(Directory.Exists(Path.Combine(_folder, "none")));
    }

    [Fact]
    public async Task What_is_told_in_several_ways_can_be_asked_about_and_what_is_told_in_one_cannot()
    {
        var clock = Stopwatch.StartNew();
        var (code, lines, error) = await CommandLine.RunAsync(
            _cancelled, "study", "bios", "run", CommandLine.PathOf("examples", "bios", "smoke.yaml"), "--json", "--out", Path.Combine(_folder, "smoke"));

        output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s");
        Assert.True(code == 0, error);
        var results = lines.Select(line => CommandLine.Event(line, "result")).OfType<JsonElement>()
            .ToDictionary(result => result.GetProperty("cell").GetString()!, StringComparer.Ordinal);
        Assert.All(results.Values, result => Assert.InRange(result.GetProperty("memory").GetDouble(), 99, 100));
        Assert.InRange(results["single-model-seed1"].GetProperty("extraction").GetDouble(), 0, 20);
        Assert.InRange(results["multi5+permute-model-seed1"].GetProperty("extraction").GetDouble(), 70, 100);
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task A_study_of_facts_goes_through_every_stage_and_has_a_result_an_arm()
    {
        var (code, lines, error) = await CommandLine.RunAsync(
            _cancelled, "study", "facts", "run", CommandLine.PathOf("examples", "facts", "smoke.yaml"), "--json", "--out", Path.Combine(_folder, "facts"));

        Assert.True(code == 0, error);
        Assert.Equal(["none-model-seed1", "spans-model-seed1"], lines.Select(line => CommandLine.Event(line, "result")).OfType<JsonElement>().Select(result => result.GetProperty("cell").GetString()).Order(StringComparer.Ordinal));
        Assert.True(File.Exists(Path.Combine(_folder, "facts", "report", "sizes.svg")));
        var again = await CommandLine.RunAsync(
            _cancelled, "study", "facts", "run", CommandLine.PathOf("examples", "facts", "smoke.yaml"), "--json", "--out", Path.Combine(_folder, "facts"));
        Assert.Empty(Begun(again.Lines));
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task Of_a_world_of_facts_a_larger_model_tells_more_and_so_does_one_that_read_on_with_salient_spans()
    {
        var (code, lines, error) = await CommandLine.RunAsync(
            _cancelled, "study", "facts", "run", CommandLine.PathOf("examples", "facts", "sweep.yaml"), "--workers", "2", "--json", "--out", Path.Combine(_folder, "sweep"));

        Assert.True(code == 0, error);
        var results = lines.Select(line => CommandLine.Event(line, "result")).OfType<JsonElement>()
            .ToLookup(result => result.GetProperty("cell").GetString()!.Split("-seed")[0], StringComparer.Ordinal);
        Assert.Equal(6, results.Count);
        Assert.All(results, seeds => Assert.Equal(3, seeds.Count()));
        var exact = results.ToDictionary(arm => arm.Key, arm => arm.Select(result => result.GetProperty("exact").GetDouble()).ToArray(), StringComparer.Ordinal);
        var named = results.ToDictionary(arm => arm.Key, arm => arm.Average(result => result.GetProperty("named").GetDouble()), StringComparer.Ordinal);
        output.WriteLine(string.Join('\n', exact.OrderBy(arm => arm.Key, StringComparer.Ordinal).Select(arm => $"{arm.Key}: {string.Join(", ", arm.Value.Select(score => $"{score:0.0}"))}; names and dates {named[arm.Key]:0.0}")));
        foreach (var arm in (string[])["none", "spans"])
        {
            // A size's three seeds lie above those of the smallest; the middle one between, on average.
            Assert.True(exact[$"{arm}-large"].Min() > exact[$"{arm}-small"].Max(), arm);
            Assert.InRange(exact[$"{arm}-medium"].Average(), exact[$"{arm}-small"].Average(), exact[$"{arm}-large"].Average());
        }

        foreach (var size in (string[])["small", "medium", "large"])
        {
            // Names and dates are what the spans ask for; professions, which they never mask, take some of it back.
            Assert.True(exact[$"spans-{size}"].Average() > exact[$"none-{size}"].Average(), size);
            Assert.True(named[$"spans-{size}"] > named[$"none-{size}"] + 5, size);
        }
    }

    private string[] Study(string name, string text = Plan)
    {
        var plan = Path.Combine(_folder, "plan.yaml");
        File.WriteAllText(plan, text);
        return ["study", "bios", "run", plan, "--workers", "1", "--json", "--out", Path.Combine(_folder, name)];
    }

    // The kinds of the stages that were at work, a word a stage.
    private static List<string> Begun(IReadOnlyList<string> lines) =>
    [
        .. lines.Select(line => CommandLine.Event(line, "stage")).OfType<JsonElement>()
            .Where(stage => stage.GetProperty("state").GetString() is "running" or "queued")
            .Select(stage => (Name: stage.GetProperty("stage").GetString(), Kind: stage.GetProperty("kind").GetString()!))
            .Distinct().Select(stage => stage.Kind).Order(StringComparer.Ordinal),
    ];

    private bool HasCheckpoint(string name)
    {
        var stages = new DirectoryInfo(Path.Combine(_folder, name, "stages"));
        return stages.Exists && stages.EnumerateDirectories("pretrain-*").Select(stage => Path.Combine(stage.FullName, "checkpoints"))
            .Any(checkpoints => Directory.Exists(checkpoints) && Directory.EnumerateDirectories(checkpoints, "step-*").Any());
    }

    // Every result but the seconds that it took.
    private SortedDictionary<string, string> Results(string name)
    {
        var results = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(Path.Combine(_folder, name, "results")))
        {
            var result = JsonNode.Parse(File.ReadAllText(file))!;
            foreach (var stage in result["stages"]!.AsArray())
            {
                stage!.AsObject().Remove("seconds");
                stage.AsObject().Remove("spec_digest");
            }

            results.Add(Path.GetFileName(file), result.ToJsonString());
        }

        return results;
    }
}
