using System.Text.Json.Nodes;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>A run whose corpus is in a store waits for it, says so to who asks, and goes on when it is back.</summary>
public sealed class VanishedStoreTests(Sandbox sandbox)
{
    private const int Steps = Sandbox.FewSteps;

    [Fact]
    public async Task A_run_whose_store_vanished_says_what_it_waits_for_and_goes_on_with_the_same_bits_when_it_is_back()
    {
        var (store, gone, corpus, folder) = (sandbox.Folder("store"), sandbox.Folder("gone"), sandbox.Folder("attached"), sandbox.Folder("waited"));
        Assert.Equal(0, (await Cli.RunAsync(sandbox, "corpus", "push", sandbox.Corpus, store)).ExitCode);
        Assert.Equal(0, (await Cli.RunAsync(sandbox, "corpus", "attach", store, "--out", corpus)).ExitCode);
        Directory.Move(store, gone);
        var spec = sandbox.Spec(Steps, yaml => yaml.Replace(sandbox.Corpus, corpus, StringComparison.Ordinal));
        await using var run = Cli.Start(sandbox, "train", spec, "--workers", "2", "--out", folder, "--json");
        await run.SawAsync(line => (string?)JsonNode.Parse(line)!["event"] == "warning" && line.Contains("the run waits and asks again", StringComparison.Ordinal));

        var status = await Cli.RunAsync(sandbox, "status", "--out", folder, "--json");
        var text = await Cli.RunAsync(sandbox, "status", "--out", folder);
        var explained = await Cli.RunAsync(sandbox, "explain", "--out", folder);
        var listed = await Cli.RunAsync(sandbox, "runs", "--out", folder);

        var reason = $"the store {store} does not give what is needed (";
        Assert.Contains(status.Last["workers"]!.AsArray(), worker => (string?)worker!["state"] == "waiting" && ((string?)worker["waiting"])!.StartsWith(reason, StringComparison.Ordinal));
        Assert.All([text, explained, listed], outcome => Assert.Contains($"waiting for input: {reason}", outcome.All, StringComparison.Ordinal));
        Directory.Move(gone, store);
        var ended = await run.EndAsync();

        Assert.True(ended.ExitCode == 0, ended.All);
        Assert.Contains(ended.Events("warning"), warning => ((string?)warning["text"])!.EndsWith("answers again; the run goes on.", StringComparison.Ordinal));
        Assert.Equal(await sandbox.UndisturbedAsync(Steps), Sandbox.TensorFiles(folder, Steps));
        Assert.InRange((double)ended.Last["goodput"]!["input_wait"]!, 1, double.MaxValue);
    }
}
