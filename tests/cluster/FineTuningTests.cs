using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>Training on tasks: measured by answers, ended early, and the same bits whoever trains.</summary>
public sealed class FineTuningTests(Sandbox sandbox)
{
    private const int Every = 15;

    [Fact]
    public async Task A_run_on_tasks_ends_early_at_the_same_step_with_the_same_best_checkpoint_for_any_workers_and_through_a_kill()
    {
        var spec = Spec();
        var one = sandbox.Folder("one");
        var alone = await Cli.RunAsync(sandbox, "train", spec, "--workers", "1", "--out", one, "--json");
        Assert.True(alone.ExitCode == 0, alone.All);
        var expected = Outcome(one, alone.Last);
        Assert.Contains("the run ends early", (string?)alone.Last["reason"], StringComparison.Ordinal);

        var two = sandbox.Folder("two");
        await using (var first = Cli.Start(sandbox, "train", spec, "--workers", "2", "--out", two, "--json"))
        {
            await first.SawStepAsync(Every + 3);
            first.Process.Kill(entireProcessTree: true);
            await first.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var resumed = await Cli.RunAsync(sandbox, "resume", two, "--json");
        Assert.True(resumed.ExitCode == 0, resumed.All);
        Assert.Equal(expected, Outcome(two, resumed.Last));

        var listed = await Cli.RunAsync(sandbox, "checkpoint", "list", two, "--json");
        var best = Assert.Single(listed.Lines.Select(line => JsonNode.Parse(line)!), line => line["best"] is JsonObject);
        Assert.Equal((long?)alone.Last["best_step"], (long?)best["step"]);
    }

    [Fact]
    public async Task Low_rank_updates_of_another_runs_weights_are_the_same_for_any_workers_and_through_a_kill_and_can_be_merged()
    {
        const int Steps = 60;
        var from = (await sandbox.TrainedAsync(Sandbox.FewSteps)).Folder;
        var spec = Spec(yaml => yaml
            .Replace("dropout: 0.1 }", $"dropout: 0.1, start_from: {from}/checkpoints/step-00000030, lora: {{ rank: 2, embeddings: 4 }}, train: [layer_norm] }}", StringComparison.Ordinal)
            .Replace("steps: 400", $"steps: {Steps}", StringComparison.Ordinal)
            .Replace("target_length: 24", "target_length: 24\n  pack: true", StringComparison.Ordinal)
            .Replace("metric: f1, limit: 6, patience: 2", "keep_best: true", StringComparison.Ordinal));

        var one = sandbox.Folder("one");
        var alone = await Cli.RunAsync(sandbox, "train", spec, "--workers", "1", "--out", one, "--json");
        Assert.True(alone.ExitCode == 0, alone.All);

        var two = sandbox.Folder("two");
        await using (var first = Cli.Start(sandbox, "train", spec, "--workers", "2", "--out", two, "--json"))
        {
            await first.SawStepAsync(25);
            first.Process.Kill(entireProcessTree: true);
            await first.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var resumed = await Cli.RunAsync(sandbox, "resume", two, "--json");
        Assert.True(resumed.ExitCode == 0, resumed.All);
        Assert.Equal(Outcome(one, alone.Last), Outcome(two, resumed.Last));
        Assert.Equal(["adapter_model.safetensors", "optimizer-00001-of-00001.safetensors"], Sandbox.TensorFiles(two, Steps).Keys);

        var merged = sandbox.Folder("merged");
        var merge = await Cli.RunAsync(sandbox, "checkpoint", "merge", two, "--out", merged);
        Assert.True(merge.ExitCode == 0, merge.All);
        var verified = await Cli.RunAsync(sandbox, "checkpoint", "verify", merged);
        Assert.True(verified.ExitCode == 0, verified.All);
        var answers = await Task.WhenAll(new[] { two, merged }.Select(folder => Cli.RunAsync(sandbox, "answer", folder, "the bridge every letter")));
        Assert.Equal(answers[0].All, answers[1].All);
    }

    [Fact]
    public async Task A_row_that_is_no_example_and_a_file_that_is_missing_are_named_before_anything_is_touched()
    {
        var spec = Spec();
        File.AppendAllText(Path.Combine(sandbox.Root, "tasks.tsv"), "one field alone\n");
        var folder = sandbox.Folder("refused");

        var broken = await Cli.RunAsync(sandbox, "train", spec, "--out", folder);
        File.Delete(Path.Combine(sandbox.Root, "tasks.tsv"));
        var missing = await Cli.RunAsync(sandbox, "train", spec, "--out", folder);

        Assert.Equal((2, 2), (broken.ExitCode, missing.ExitCode));
        Assert.Contains("tasks.tsv:42: the line has 1 fields where there are 2 columns (words, last).", broken.All, StringComparison.Ordinal);
        Assert.Contains("data.tasks[0].train: there is no file", missing.All, StringComparison.Ordinal);
        Assert.Null(Sandbox.Tree(folder));
    }

    [Fact]
    public async Task A_pattern_that_means_no_weight_is_named_before_anything_is_touched()
    {
        var folder = sandbox.Folder("refused");

        var refused = await Cli.RunAsync(sandbox, "train", sandbox.Spec(5, yaml => yaml.Replace("dropout: 0.1", "dropout: 0.1, freeze: [encodr]", StringComparison.Ordinal)), "--out", folder);

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("model.freeze: \"encodr\" means none of the model's weights", refused.All, StringComparison.Ordinal);
        Assert.Null(Sandbox.Tree(folder));
    }

    // What must not depend on the workers: where the run ended, what was best, and every bit of both checkpoints.
    private static string Outcome(string folder, JsonNode finished)
    {
        var (step, best) = ((long)finished["step"]!, (long)finished["best_step"]!);
        var files = Sandbox.TensorFiles(folder, step).Concat(Sandbox.TensorFiles(folder, best)).Select(file => $"{file.Key} {file.Value}");
        return string.Create(CultureInfo.InvariantCulture, $"{step} {best} {finished["best_value"]} {finished["weights_digest"]}\n{string.Join('\n', files)}");
    }

    private string Spec(Func<string, string>? change = null)
    {
        string[] words = ["the bridge", "every letter", "a list", "the river", "two boxes", "the map"];
        var rows = Enumerable.Range(0, 40).Select(n => $"{words[n % 6]} {words[n / 6 % 6]} {words[n * 5 % 6]}\t{words[n * 5 % 6]}\n");
        File.WriteAllText(Path.Combine(sandbox.Root, "tasks.tsv"), "words\tlast\n" + string.Concat(rows));
        return sandbox.Spec(400, yaml => (change ?? (same => same))(yaml.Replace(
            $"data: {{ corpus: {sandbox.Corpus}, input_length: 32 }}",
            $"""
            data:
              vocabulary: {sandbox.Corpus}/spiece.model
              input_length: 48
              target_length: 24
              tasks:
                - name: last
                  train: {sandbox.Root}/tasks.tsv
                  held_out: 0.2
                  input: "{"{"}words{"}"}"
                  target: "{"{"}last{"}"}"
            """,
            StringComparison.Ordinal)
            .Replace("base: 1.0, warmup_steps: 100", "kind: constant, base: 0.02", StringComparison.Ordinal)
            .Replace("every: 0, microbatches: 4", "every: 15, microbatches: 4, metric: f1, limit: 6, patience: 2", StringComparison.Ordinal)
            .Replace("checkpoint: { every: 10, keep: 3 }", "checkpoint: { every: 10, keep: 1 }", StringComparison.Ordinal)));
    }
}
