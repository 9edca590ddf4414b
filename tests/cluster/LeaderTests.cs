using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestrator.Tests.Coordinator.Postgres;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>Two coordinators over one PostgreSQL database, with real workers.</summary>
public sealed class LeaderTests(Sandbox sandbox, PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private const int Steps = 250;
    private const int KillNow = 9;

    [Fact]
    public async Task A_leader_killed_in_the_middle_of_a_run_is_replaced_and_the_weights_do_not_show_it()
    {
        var database = await postgres.DatabaseAsync();
        var folder = sandbox.Folder("led");
        var token = Path.Combine(sandbox.Root, "token-of-two");
        await File.WriteAllTextAsync(token, "two coordinators, one token");
        await using var first = Start(database, "one", token);
        var one = await UrlAsync(first);
        await using var second = Start(database, "two", token);
        string[] both = ["--coordinator", $"{one},{await UrlAsync(second)}", "--token-file", token];
        await using var left = Cli.Start(sandbox, ["worker", .. both, "--threads", "1"]);
        await using var right = Cli.Start(sandbox, ["worker", .. both, "--threads", "1"]);
        var submitted = await Cli.RunAsync(sandbox, ["submit", sandbox.Spec(Steps), "--write-to", folder, "--json", .. both]);
        Assert.True(submitted.ExitCode == 0, submitted.All);
        var id = (string)submitted.Last["run"]!;

        await using var watch = Cli.Start(sandbox, ["watch", id, "--json", .. both]);
        await watch.SawStepAsync(15);
        Assert.Equal(0, Cli.Kill(first.Process.Id, KillNow));
        var since = Stopwatch.StartNew();
        await second.SawErrorAsync(line => line.Contains("This coordinator leads", StringComparison.Ordinal));
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(5), $"nobody led for {since.Elapsed.TotalSeconds:0.0} s");
        var ended = await watch.EndAsync();

        Assert.True(ended.ExitCode == 0, ended.All);
        Assert.Equal(Enumerable.Range(1, Steps), ended.Events("step").Select(step => (int)step["step"]!));
        Assert.Equal(Enumerable.Range(1, Steps), File.ReadLines(Path.Combine(folder, "ledger.jsonl")).Skip(1).Select(line => (int)JsonNode.Parse(line)!["step"]!));
        Assert.Equal(await sandbox.UndisturbedAsync(Steps), Sandbox.TensorFiles(folder, Steps));
    }

    private Cli Start(string database, string name, string token) => Cli.StartProgram(
        sandbox, "orchestrator-coordinator", "--data", sandbox.Folder(name), "--listen", "http://127.0.0.1:0",
        "--advertise", string.Create(CultureInfo.InvariantCulture, $"http://{name}:7070"), "--database", database, "--token-file", token);

    private static async Task<string> UrlAsync(Cli coordinator) =>
        (await coordinator.SawErrorAsync(line => line.StartsWith("Listening at ", StringComparison.Ordinal)))["Listening at ".Length..];
}
