using System.Text.Json.Nodes;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>A published model made again at the size of a test: from a Hugging Face folder to a report.</summary>
public sealed class CbqaTests(Sandbox sandbox)
{
    [Fact]
    [Trait("Length", "long")]
    public async Task A_published_folder_is_imported_reads_on_learns_to_answer_and_is_asked_in_two_calls()
    {
        var (published, folder) = (await PublishedAsync(), sandbox.Folder("cbqa"));
        string[] study = ["study", "cbqa", "--size", "tiny", "--dataset", "nq", "--from", published, .. Files(), "--scale", "0.0005", "--held-out", "0.25", "--workers", "1", "--threads", "1", "--json", "--out", folder];

        await using (var first = Cli.Start(sandbox, study))
        {
            await first.SawAsync(line => JsonNode.Parse(line) is { } happened && (string?)happened["kind"] == "continue" && (string?)happened["state"] == "running");
            CommandLine.Signal(first.Process.Id, "INT");
            var stopped = await first.EndAsync();
            Assert.True(stopped.ExitCode == 130, stopped.All);
            Assert.Empty(Results(folder));
        }

        var ended = await Cli.RunAsync(sandbox, study);

        Assert.True(ended.ExitCode == 0, ended.All);
        Assert.Equal(2, ended.Events("note").Count(note => ((string)note["text"]!).Contains(" rows, a part of Natural Questions, open", StringComparison.Ordinal)));
        Assert.DoesNotContain("import", ended.Events("stage").Where(stage => (string?)stage["state"] == "running").Select(stage => (string?)stage["kind"]));
        var result = JsonNode.Parse(File.ReadAllText(Assert.Single(Results(folder))))!;
        Assert.Equal("nq-tiny-ssm-x0.0005-seed1.json", Path.GetFileName(Assert.Single(Results(folder))));
        Assert.Equal((8, 0.25, 2), ((int)result["questions"]!, (double)result["held_out"]!, result["notes"]!.AsArray().Count));
        Assert.Equal(["import", "continue", "finetune", "evaluate"], result["stages"]!.AsArray().Select(stage => (string?)stage!["kind"]));
        Assert.Equal([50L, 10L], result["stages"]!.AsArray().Where(stage => stage!["steps"] is not null).Select(stage => (long)stage!["steps"]!));

        var page = File.ReadAllText(Path.Combine(folder, "report", "index.html"));
        Assert.Equal(2, page.Split("<details>").Length - 1);
        Assert.Contains("tiny-nq", page, StringComparison.Ordinal);
        Assert.Contains(">steps and batches times 0.0005; a share of 0.25 held out in place of the published rows; 8 questions in place of 3,610</td>", page, StringComparison.Ordinal);
        var digests = result["stages"]!.AsArray().Select(stage => (string?)stage!["weights_digest"]).OfType<string>().ToArray();
        var table = File.ReadAllText(Path.Combine(folder, "report", "results.csv"));
        Assert.All(digests, digest => Assert.Contains(digest, table, StringComparison.Ordinal));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(folder, "stages"), "run.yaml", SearchOption.AllDirectories).Length);

        // Without salient spans the same command adds a row.
        var plain = await Cli.RunAsync(sandbox, [.. study.Where((_, place) => study[place] != "--spans" && (place == 0 || study[place - 1] != "--spans")), "--no-ssm"]);
        Assert.True(plain.ExitCode == 0, plain.All);
        Assert.Equal(["nq-tiny-ssm-x0.0005-seed1.json", "nq-tiny-x0.0005-seed1.json"], Results(folder).Select(Path.GetFileName));
        Assert.Equal(2, plain.Last["scores"]!.AsObject().Count);
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task A_folder_of_another_size_is_refused_before_anything_is_written()
    {
        var (published, folder) = (await PublishedAsync(), sandbox.Folder("cbqa"));

        var refused = await Cli.RunAsync(sandbox, ["study", "cbqa", "--size", "base", "--dataset", "nq", "--from", published, .. Files(), "--held-out", "0.25", "--out", folder]);

        Assert.Equal(2, refused.ExitCode);
        Assert.StartsWith($"--from: {published} is d_model 64, d_ff 128, d_kv 16, heads 4,", refused.All, StringComparison.Ordinal);
        Assert.Contains("; choose --size tiny, or name the folder of a base model.", refused.All, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    private static string[] Results(string folder) => Directory.Exists(Path.Combine(folder, "results")) ? [.. Directory.GetFiles(Path.Combine(folder, "results")).Order(StringComparer.Ordinal)] : [];

    // A model of examples/tiny.yaml as other programs read it, hardly trained.
    private Task<string> PublishedAsync() => sandbox.Once("published tiny", async () =>
    {
        var (published, run) = (sandbox.Folder("published"), sandbox.Folder("tiny"));
        var spec = sandbox.Spec(1, yaml => yaml.Replace(
            "d_model: 32, d_ff: 64, d_kv: 8, heads: 4, encoder_layers: 2,", "d_model: 64, d_ff: 128, d_kv: 16, heads: 4, encoder_layers: 1,", StringComparison.Ordinal));
        var trained = await Cli.RunAsync(sandbox, "train", spec, "--workers", "1", "--out", run, "--json");
        Assert.True(trained.ExitCode == 0, trained.All);
        var exported = await Cli.RunAsync(sandbox, "checkpoint", "export", run, "--out", published);
        Assert.True(exported.ExitCode == 0, exported.All);
        return published;
    });

    private string[] Files()
    {
        var folder = Directory.CreateDirectory(sandbox.Folder("questions")).FullName;
        string Written(string name, IEnumerable<string> lines)
        {
            var path = Path.Combine(folder, name);
            File.WriteAllLines(path, lines);
            return path;
        }

        var train = Written("train.jsonl", Enumerable.Range(0, 16).Select(n => $$"""{"question":"who repairs bridge {{n}}","answer":["the engineer"]}"""));
        var test = Written("test.jsonl", Enumerable.Range(0, 8).Select(n => $$"""{"question":"who carries box {{n}}","answer":["her brother"]}"""));
        Directory.CreateDirectory(Path.Combine(folder, "salient"));
        Written(Path.Combine("salient", "train.jsonl"), Enumerable.Range(0, 16).Select(n => $$$"""{"text":"Ann met Bob in {{{1900 + n}}}.","spans":{"start":[0,15],"limit":[3,19]}}"""));
        return ["--data", train, "--test", test, "--spans", Path.Combine(folder, "salient")];
    }
}
