using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>What a user may get wrong: one plain sentence that names the field and the fix, exit code 2, and nothing is touched.</summary>
public sealed class BadInputTests(Sandbox sandbox)
{
    private const int Terminate = 15;

    [Theory]
    [InlineData("missing", "data.corpus: There is no corpus at", "orchestrator corpus build")]
    [InlineData("without a manifest", "data.corpus: There is no corpus at", "it has no manifest.json")]
    [InlineData("without tokens", "data.corpus: The corpus", "is empty: it has no training tokens; build it from more text")]
    [InlineData("of another vocabulary", "data.corpus: The vocabulary", "put that one back or build the corpus again")]
    [InlineData("without a shard", "data.corpus: The corpus file", "is missing; build the corpus again")]
    public async Task A_corpus_that_cannot_be_used_is_refused_before_anything_is_written(string fault, string begins, string holds)
    {
        var corpus = Corpus(fault);
        var spec = sandbox.Spec(10, yaml => yaml.Replace(sandbox.Corpus, corpus, StringComparison.Ordinal));

        var sentence = await RefusedAsync("train", spec, "--json");

        Assert.StartsWith(begins, sentence, StringComparison.Ordinal);
        Assert.Contains(holds, sentence, StringComparison.Ordinal);
        Assert.Contains(corpus, sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vocabulary: 200, d_model: 32", "d_model: 32", "model.vocabulary must be at least 300, the corpus's vocabulary with its sentinels, was 200")]
    [InlineData("input_length: 900000", "input_length: 32", "data.input_length")]
    public async Task A_spec_that_does_not_go_with_its_corpus_is_refused(string wrong, string right, string holds)
    {
        var spec = sandbox.Spec(10, yaml => yaml.Replace(right, wrong, StringComparison.Ordinal));

        Assert.Contains(holds, await RefusedAsync("train", spec), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Three_mistakes_in_a_spec_are_three_lines_with_their_places()
    {
        var spec = sandbox.Spec(10, yaml => yaml
            .Replace("seed: 7", "sede: 7", StringComparison.Ordinal)
            .Replace("feed_forward: gated-gelu", "feed_forward: swish", StringComparison.Ordinal)
            .Replace("microbatches: 4, microbatch: 4", "microbatches: 0, microbatch: 4", StringComparison.Ordinal));
        var folder = sandbox.Folder("refused");

        var run = await Cli.RunAsync(sandbox, "train", spec, "--out", folder);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal(3, run.Errors.Count);
        Assert.StartsWith($"{spec}:2: sede is not a known key; did you mean seed?", run.Errors[0], StringComparison.Ordinal);
        Assert.StartsWith($"{spec}:3: model.feed_forward must be relu, gated-gelu, gelu or gelu-erf, was swish", run.Errors[1], StringComparison.Ordinal);
        Assert.StartsWith($"{spec}:6: batch.microbatches must be from 1 to", run.Errors[2], StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Theory]
    [InlineData("train nowhere.yaml", "nowhere.yaml: does not exist; name a run spec")]
    [InlineData("train", "Required argument")]
    [InlineData("tarin run.yaml", "There is no command 'orchestrator tarin'")]
    [InlineData("train run.yaml --wokers 2", "'--wokers'")]
    [InlineData("resume ./nowhere", "There is no folder ./nowhere")]
    [InlineData("status", "set ORCHESTRATOR_TOKEN")]
    [InlineData("corpus build --input  --out x", "--input: the name is empty")]
    [InlineData("corpus build --input x --out ", "--out: the name is empty")]
    [InlineData("corpus build --input x --out y --vocabulary ", "--vocabulary: the name is empty")]
    [InlineData("corpus build --input x --out y --block-list ", "--block-list: the name is empty")]
    [InlineData("corpus build --input x --out y --memory 0", "memory: it was 0; choose at least 1 megabyte")]
    [InlineData("corpus build --input x --out y --vocabulary-sample 0", "vocabulary_sample: it was 0; choose from 1 to 1024 megabytes")]
    [InlineData("corpus merge-parts ", "DIR: the name is empty")]
    [InlineData("corpus verify ", "CORPUS: the name is empty")]
    [InlineData("corpus inspect ", "CORPUS: the name is empty")]
    [InlineData("corpus merge a  --out x", "CORPUS: the name is empty")]
    [InlineData("corpus split a --out ", "--out: the name is empty")]
    [InlineData("corpus push a ", "URL: the name is empty")]
    [InlineData("corpus attach  --out x", "URL: the name is empty")]
    [InlineData("corpus attach s3://a/b --endpoint foo --out x", "endpoint: 'foo' is no address; write http://HOST:PORT or https://HOST with --endpoint")]
    [InlineData("corpus audit ", "RUN: the name is empty")]
    [InlineData("vocab train --input  --out x", "--input: the name is empty")]
    [InlineData("vocab train --input x --out y --sample 0", "sample: it was 0")]
    public async Task A_command_line_that_makes_no_sense_is_refused(string line, string holds)
    {
        var run = await Cli.RunAsync(sandbox, line.Split(' '));

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Lines);
        Assert.Contains(holds, Assert.Single(run.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_corpus_of_no_text_is_not_built()
    {
        var text = Directory.CreateDirectory(sandbox.Folder("no-text")).FullName;
        var corpus = sandbox.Folder("corpus");

        var run = await Cli.RunAsync(sandbox, "corpus", "build", "--input", text, "--out", corpus);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(text, Assert.Single(run.Errors), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(corpus, "manifest.json")));
    }

    [Fact]
    public async Task A_coordinator_does_not_start_without_a_token()
    {
        var data = sandbox.Folder("data");

        var run = await Cli.RunAsync(sandbox, "coordinator", "--data", data, "--listen", "http://127.0.0.1:0");

        Assert.Equal(2, run.ExitCode);
        Assert.Equal(
            "No token: set ORCHESTRATOR_TOKEN or name a file with --token-file; the coordinator does not serve without one.",
            Assert.Single(run.Errors));
        Assert.Null(Sandbox.Tree(data));
    }

    [Fact]
    public async Task A_coordinator_does_not_start_on_a_port_that_is_in_use()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";
        var data = sandbox.Folder("data");

        var run = await Cli.RunAsync(sandbox, "coordinator", "--data", data, "--listen", url, "--token-file", TokenFile("right"));

        Assert.Equal(2, run.ExitCode);
        Assert.Equal($"The coordinator cannot listen at {url}: the port is in use; name another with --listen.", Assert.Single(run.Errors));
        Assert.Null(Sandbox.Tree(data));
    }

    [Fact]
    public async Task A_coordinator_takes_nobody_with_another_token_or_of_another_version()
    {
        var (token, wrong) = (TokenFile("right"), TokenFile("wrong"));
        var data = sandbox.Folder("data");
        await using var coordinator = Cli.StartProgram(
            sandbox, "orchestrator-coordinator", "--data", data, "--listen", "http://127.0.0.1:0", "--token-file", token);
        var url = (await coordinator.SawErrorAsync(line => line.StartsWith("Listening at ", StringComparison.Ordinal)))["Listening at ".Length..];

        foreach (var command in new string[][] { ["submit", sandbox.Spec(10)], ["status"], ["runs"] })
        {
            var run = await Cli.RunAsync(sandbox, [.. command, "--coordinator", url, "--token-file", wrong]);
            Assert.Equal(2, run.ExitCode);
            Assert.Equal("The coordinator refused the token; put its token into ORCHESTRATOR_TOKEN or name its file with --token-file.", Assert.Single(run.Errors));
        }

        var worker = await Cli.RunAsync(sandbox, "worker", "--coordinator", url, "--token-file", wrong);
        Assert.Equal(2, worker.ExitCode);
        Assert.Equal($"The coordinator at {url}/ refused the token: set ORCHESTRATOR_TOKEN or --token-file to one of its tokens.", worker.Errors[^1]);

        var missing = await Cli.RunAsync(
            sandbox, "submit", sandbox.Spec(10, yaml => yaml.Replace(sandbox.Corpus, Corpus("missing"), StringComparison.Ordinal)), "--coordinator", url, "--token-file", token);
        Assert.Equal(2, missing.ExitCode);
        Assert.StartsWith("data.corpus: There is no corpus at", Assert.Single(missing.Errors), StringComparison.Ordinal);

        await RefusesAnotherVersionAsync(url, token);
        coordinator.Signal(Terminate);
        Assert.Equal(0, (await coordinator.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task A_folder_with_work_of_another_spec_is_left_as_it_is()
    {
        var folder = (await sandbox.TrainedAsync(Sandbox.FewSteps)).Folder;
        var before = Sandbox.Tree(folder);

        var other = await Cli.RunAsync(sandbox, "train", sandbox.Spec(Sandbox.FewSteps, yaml => yaml.Replace("seed: 7", "seed: 8", StringComparison.Ordinal)), "--out", folder);

        Assert.Equal(2, other.ExitCode);
        Assert.Equal(
            $"{Path.Combine(folder, "checkpoints", "step-00000010")} is a checkpoint of another spec; name another folder with --out, or take that spec back.",
            Assert.Single(other.Errors));
        Assert.Equal(before, Sandbox.Tree(folder));
    }

    private async Task<string> RefusedAsync(params string[] command)
    {
        var folder = sandbox.Folder("refused");
        var run = await Cli.RunAsync(sandbox, [.. command, "--out", folder]);
        Assert.True(run.ExitCode == 2, run.All);
        Assert.Empty(run.Lines);
        Assert.Null(Sandbox.Tree(folder));
        return Assert.Single(run.Errors);
    }

    // The worker's program with another version in its metadata is, to the coordinator, a worker of another version.
    private async Task RefusesAnotherVersionAsync(string url, string token)
    {
        var asked = await RunProgramAsync("orchestrator-worker", "--version");
        var version = Assert.Single(asked.Lines);
        var other = version[..^1] + (version[^1] == '9' ? '8' : '9');
        var program = Path.Combine(sandbox.CopyOfPrograms(), "orchestrator-worker");
        File.WriteAllBytes(program + ".dll", Exchange(File.ReadAllBytes(program + ".dll"), version, other));

        var worker = await RunProgramAsync(program, "run", "--coordinator", url, "--token-file", token);

        Assert.True(worker.ExitCode == 2, worker.All);
        Assert.Matches(
            $"^The coordinator at .* refused this worker: worker .* is of version {other} and the coordinator of version {version}; install the same version on both$",
            worker.Errors[^1]);
        Assert.Equal(StatusCode.FailedPrecondition, await HelloAsync(url, token, other));
    }

    private static async Task<StatusCode> HelloAsync(string url, string token, string version)
    {
        using var channel = GrpcChannel.ForAddress(url);
        using var call = new Workers.WorkersClient(channel).Session(new Metadata { { "authorization", "Bearer " + await File.ReadAllTextAsync(token) } });
        await call.RequestStream.WriteAsync(new WorkerMessage { Hello = new Hello { WorkerId = "test", Version = version, Host = "here" } });
        return (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None))).StatusCode;
    }

    private async Task<Outcome> RunProgramAsync(string program, params string[] arguments)
    {
        await using var command = Cli.StartProgram(sandbox, program, arguments);
        return await command.EndAsync();
    }

    // An attribute's text is UTF-8 after a byte that holds its length.
    private static byte[] Exchange(byte[] program, string text, string other)
    {
        byte[] wanted = [(byte)text.Length, .. Encoding.UTF8.GetBytes(text)];
        var found = 0;
        for (var at = 0; (at = program.AsSpan(found).IndexOf(wanted)) >= 0;)
        {
            Encoding.UTF8.GetBytes(other).CopyTo(program, found + at + 1);
            found += at + wanted.Length;
        }

        Assert.True(found > 0, "the program does not name its version");
        return program;
    }

    private string TokenFile(string token)
    {
        var path = sandbox.Folder("token");
        File.WriteAllText(path, token);
        return path;
    }

    // The sandbox's corpus with one thing wrong.
    private string Corpus(string fault)
    {
        var corpus = sandbox.Folder("corpus");
        if (fault == "missing")
        {
            return corpus;
        }

        Directory.CreateDirectory(corpus);
        foreach (var file in Directory.GetFiles(sandbox.Corpus))
        {
            File.Copy(file, Path.Combine(corpus, Path.GetFileName(file)));
        }

        var manifest = Path.Combine(corpus, "manifest.json");
        switch (fault)
        {
            case "without a manifest":
                File.Delete(manifest);
                break;
            case "without tokens":
                var json = JsonNode.Parse(File.ReadAllText(manifest))!;
                json["train"]!["tokens"] = 0;
                File.WriteAllText(manifest, json.ToJsonString());
                break;
            case "of another vocabulary":
                var vocabulary = File.ReadAllBytes(Path.Combine(corpus, "spiece.model"));
                vocabulary[^1] ^= 1;
                File.WriteAllBytes(Path.Combine(corpus, "spiece.model"), vocabulary);
                break;
            case "without a shard":
                File.Delete(Path.Combine(corpus, "train-00000.bin"));
                break;
        }

        return corpus;
    }
}
