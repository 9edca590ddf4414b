using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>What a run knows while it trains: asked at its steps, kept through a kill, and traced to what it saw.</summary>
public sealed class KnowledgeTests(Sandbox sandbox)
{
    private const int Steps = 400, Every = 50;

    [Fact]
    [Trait("Length", "long")]
    public async Task A_run_that_was_killed_ends_with_the_curve_of_an_undisturbed_one_and_a_fact_is_traced_to_the_samples_that_told_it()
    {
        var spec = await SpecAsync();
        var one = sandbox.Folder("one");
        var alone = await Cli.RunAsync(sandbox, "train", spec, "--workers", "1", "--out", one, "--json");
        Assert.True(alone.ExitCode == 0, alone.All);

        var two = sandbox.Folder("two");
        List<JsonNode> told = [];
        await using (var first = Cli.Start(sandbox, "train", spec, "--workers", "2", "--out", two, "--json"))
        {
            await first.SawStepAsync((3 * Every) + 5);
            first.Process.Kill(entireProcessTree: true);
            told.AddRange((await first.EndAsync()).Lines.Select(Whole).OfType<JsonNode>());
        }

        var resumed = await Cli.RunAsync(sandbox, "resume", two, "--json");
        Assert.True(resumed.ExitCode == 0, resumed.All);
        told.AddRange(resumed.Lines.Select(line => JsonNode.Parse(line)!));

        // Each step was asked after once, and told of once.
        long[] asked = [.. Enumerable.Range(1, Steps / Every).Select(n => (long)n * Every)];
        Assert.Equal(asked, told.Where(happened => (string?)happened["event"] == "knowledge").Select(happened => (long)happened["step"]!).Distinct());
        var sequences = resumed.Events("knowledge").Select(happened => (long)happened["step"]!).ToArray();
        Assert.Equal(sequences.Distinct(), sequences);
        var (points, same) = (await CurveAsync(one), await CurveAsync(two));
        Assert.Equal(points, same);
        Assert.Equal(asked, points.Select(point => point.Step));
        Assert.True(points[^1].Known > points[0].Known, string.Join(' ', points));
        Assert.Equal(points[^1].Known, (int)resumed.Last["knowledge"]!["known"]!);
        Assert.True((double)resumed.Last["goodput"]!["evaluation"]! > 0);

        var folder = Assert.Single(Directory.GetDirectories(Path.Combine(two, "knowledge")));
        var lines = File.ReadAllLines(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"step-{Steps:00000000}.jsonl"))).Skip(1).Select(line => JsonNode.Parse(line)!);
        var known = (long)lines.First(line => (bool)line["right"]!)["line"]!;
        var question = File.ReadAllLines(Path.Combine(folder, "questions.jsonl")).Select(line => JsonNode.Parse(line)!).Single(line => (long)line["line"]! == known);
        var trace = await Cli.RunAsync(sandbox, "knowledge", "trace", (string)question["input"]!, "--run", two, "--json");
        Assert.True(trace.ExitCode == 0, trace.All);
        var moments = trace.Last["moments"]!.AsArray();
        Assert.Equal(asked, moments.Where(moment => (string?)moment!["what"] == "asked").Select(moment => (long)moment!["step"]!));
        Assert.True((bool)moments.Last(moment => (string?)moment!["what"] == "asked")!["right"]!);
        var seen = moments.Where(moment => (string?)moment!["what"] == "seen").SelectMany(moment => moment!["steps"]!.AsArray().Select(step => (long)step!)).ToArray();
        Assert.NotEmpty(seen);
        var audit = await Cli.RunAsync(
            sandbox, "corpus", "audit", two, "--no-verify", "--json", "--whole-words", "--which", (string)trace.Last["which"]![0]!, "--with", (string)trace.Last["with"]![0]!);
        Assert.Equal(audit.Events("seen").Select(happened => ((long)happened["step"]!, (long)happened["microbatch"]!, (long)happened["row"]!)).Distinct().Select(sample => sample.Item1), seen);
    }

    private static JsonNode? Whole(string line)
    {
        try
        {
            return JsonNode.Parse(line);
        }
        catch (System.Text.Json.JsonException)
        {
            // The line in which it was killed.
            return null;
        }
    }

    private async Task<(long Step, int Known, int Learned, int Forgotten)[]> CurveAsync(string folder)
    {
        var curve = await Cli.RunAsync(sandbox, "knowledge", "curve", folder, "--json");
        Assert.True(curve.ExitCode == 0, curve.All);
        return [.. curve.Last["points"]!.AsArray().Select(point => ((long)point!["step"]!, (int)point["known"]!, (int)point["learned"]!, (int)point["forgotten"]!))];
    }

    private async Task<string> SpecAsync()
    {
        var (facts, corpus) = (sandbox.Folder("facts"), sandbox.Folder("corpus-of-facts"));
        var generated = await Cli.RunAsync(sandbox, "study", "facts", "generate", "--people", "8", "--places", "2", "--tellings", "8", "--out", facts);
        Assert.True(generated.ExitCode == 0, generated.All);
        var built = await Cli.RunAsync(
            sandbox, "corpus", "build", "--input", $"{facts}/articles.jsonl", "--no-clean", "--no-language", "--no-dedup", "--validation-one-in", "0", "--pieces", "250", "--out", corpus);
        Assert.True(built.ExitCode == 0, built.All);
        return sandbox.Spec(Steps, yaml => yaml
            .Replace($"corpus: {sandbox.Corpus}", $"corpus: {corpus}", StringComparison.Ordinal)
            .Replace("dropout: 0.1 }", "dropout: 0 }\nobjective: { kind: salient-spans }", StringComparison.Ordinal)
            .Replace("base: 1.0, warmup_steps: 100", "kind: constant, base: 0.01", StringComparison.Ordinal)
            .Replace("checkpoint: { every: 10, keep: 3 }", "checkpoint: { every: 30, keep: 3 }", StringComparison.Ordinal)
            .Replace("every: 0, microbatches: 4", $"every: 0, microbatches: 4, knowledge: {{ questions: {facts}/cloze.jsonl, every: {Every} }}", StringComparison.Ordinal));
    }
}
