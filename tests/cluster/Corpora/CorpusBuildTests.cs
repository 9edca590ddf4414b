using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Orchestrator.Tests.Cluster.Corpora;

/// <summary>The bytes of a corpus do not depend on how often its build was killed, nor on how many processes it was built by; and its memory does not depend on its size.</summary>
public sealed class CorpusBuildTests(Sandbox sandbox, ITestOutputHelper output)
{
    private const string Job = "corpus-build";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_build_that_is_killed_twice_ends_with_the_same_bytes()
    {
        var request = Request("vocabulary", Path.Combine(sandbox.Root, "text"));
        var (expected, time) = await UndisturbedAsync(request);

        await KilledAsync(request, expected, time, seed: 1, kills: 2);
    }

    [Fact]
    public async Task Two_processes_that_clean_a_part_each_lead_to_the_bytes_of_one()
    {
        var request = Request("vocabulary", Path.Combine(sandbox.Root, "text"));
        var (expected, _) = await UndisturbedAsync(request);
        var folder = sandbox.Folder("parts");

        await Task.WhenAll(Enumerable.Range(0, 2).Select(part => WorkerJob.RunAsync(Job, Part(request, folder, part, 2), Stop)));
        await WorkerJob.RunAsync(Job, Merge(folder), Stop);

        Assert.Equal(expected, Sandbox.Tree(folder)!.Where(IsResult));
    }

    [Theory]
    [Trait("Length", "long")]
    [InlineData("vocabulary", 1)]
    [InlineData("vocabulary", 2)]
    [InlineData("vocabulary", 3)]
    [InlineData("given", 4)]
    [InlineData("given", 5)]
    [InlineData("clean-only", 6)]
    [InlineData("clean-only", 7)]
    public async Task A_large_build_that_is_killed_again_and_again_ends_with_the_same_bytes(string kind, int seed)
    {
        var request = Request(kind, Text(megabytes: 20));
        var (expected, time) = await UndisturbedAsync(request);

        await KilledAsync(request, expected, time, seed, kills: 8);
    }

    [Theory]
    [Trait("Length", "long")]
    [InlineData(8)]
    [InlineData(9)]
    public async Task Parts_and_their_joining_may_be_killed_too(int seed)
    {
        const int Parts = 3;
        var request = Request("vocabulary", Text(megabytes: 20));
        var (expected, time) = await UndisturbedAsync(request);
        var folder = sandbox.Folder("parts");
        var random = new Random(seed);

        var delays = Enumerable.Range(0, Parts).Select(_ => time * random.NextDouble()).ToList();
        await Task.WhenAll(delays.Select(async (delay, part) =>
        {
            using var job = WorkerJob.Start(Job, Part(request, folder, part, Parts));
            await job.KillAsync(delay, Stop);
        }));
        await Task.WhenAll(Enumerable.Range(0, Parts).Select(part => WorkerJob.RunAsync(Job, Part(request, folder, part, Parts), Stop)));
        using (var merge = WorkerJob.Start(Job, Merge(folder)))
        {
            await merge.KillAsync(time * random.NextDouble(), Stop);
        }

        await WorkerJob.RunAsync(Job, Merge(folder), Stop);

        Assert.Equal(expected, Sandbox.Tree(folder)!.Where(IsResult));
    }

    [Theory]
    [Trait("Length", "long")]
    [InlineData("vocabulary")]
    [InlineData("clean-only")]
    public async Task Memory_stays_below_half_a_gigabyte_and_does_not_grow_with_the_text(string kind)
    {
        // 200 MB of text against 1 MB for the search for duplicates, whose digests alone are more than 20 MB.
        var (small, large) = (await PeakAsync(kind, 50), await PeakAsync(kind, 200));

        output.WriteLine($"{kind}: {small >> 20} MB from 50 MB of text, {large >> 20} MB from 200 MB");
        Assert.InRange(large, 1, 500L << 20);
        Assert.InRange(large, 1, small + (64L << 20));
    }

    /// <summary>All but what tells how it was asked for.</summary>
    private static bool IsResult(string file) => !file.StartsWith("build.json ", StringComparison.Ordinal) && !file.StartsWith("parts.json ", StringComparison.Ordinal);

    private static JsonObject Into(JsonObject request, string folder)
    {
        var own = request.DeepClone().AsObject();
        own["out"] = folder;
        return own;
    }

    private static JsonObject Part(JsonObject request, string folder, int part, int parts)
    {
        var own = Into(request, folder);
        (own["part"], own["parts"]) = (part, parts);
        return own;
    }

    private static JsonObject Merge(string folder) => new() { ["out"] = folder, ["merge_parts"] = true };

    private JsonObject Request(string kind, string text)
    {
        var request = new JsonObject { ["inputs"] = new JsonArray(text), ["validation_one_in"] = 8, ["memory_megabytes"] = 1, ["near_duplicates"] = true };
        switch (kind)
        {
            case "vocabulary":
                request["training"] = new JsonObject { ["pieces"] = 200 };
                break;
            case "given":
                request["vocabulary"] = Path.Combine(sandbox.Corpus, "spiece.model");
                break;
            default:
                request["clean_only"] = true;
                break;
        }

        return request;
    }

    private async Task<(IReadOnlyList<string> Files, TimeSpan Time)> UndisturbedAsync(JsonObject request)
    {
        var folder = sandbox.Folder("whole");
        var clock = Stopwatch.StartNew();
        await WorkerJob.RunAsync(Job, Into(request, folder), Stop);
        return ([.. Sandbox.Tree(folder)!.Where(IsResult)], clock.Elapsed);
    }

    private async Task KilledAsync(JsonObject request, IReadOnlyList<string> expected, TimeSpan time, int seed, int kills)
    {
        var folder = sandbox.Folder("killed");
        var own = Into(request, folder);
        var random = new Random(seed);
        var killed = 0;
        for (var i = 0; i < kills; i++)
        {
            using var job = WorkerJob.Start(Job, own);
            killed += await job.KillAsync(time * random.NextDouble(), Stop) ? 1 : 0;
            // A corpus that was built is not built again.
            if (Sandbox.Tree(folder)?.Any(file => file.StartsWith("build.json ", StringComparison.Ordinal)) == true)
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        await WorkerJob.RunAsync(Job, own, Stop);

        output.WriteLine($"killed {killed} of {kills} times at work, in at most {time}");
        Assert.True(killed > 0, "no build was killed at work");
        Assert.Equal(expected, Sandbox.Tree(folder)!.Where(IsResult));
        Assert.False(Directory.Exists(Path.Combine(folder, ".building")));
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task Very_large_pages_are_parsed_one_at_a_time()
    {
        var text = Directory.CreateDirectory(sandbox.Folder("pages")).FullName;
        for (var page = 0; page < 4; page++)
        {
            using var writer = new StreamWriter(Path.Combine(text, string.Create(CultureInfo.InvariantCulture, $"{page}.html")));
            for (var line = 0; line < 39_000; line++)
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"{(line % 100 == 0 ? "<div>" : "")}<p>The <b>reader</b> <i>of</i> <a href=x>page</a> {page} <b>says</b> {line}.</p>{(line % 100 == 99 ? "</div>" : "")}"));
            }
        }

        var request = Request("clean-only", text);
        (request["out"], request["threads"], request["skip_rules"]) = (sandbox.Folder("measured"), 4, new JsonArray("too_long_page", "language"));
        var peak = (await WorkerJob.RunAsync(Job, request, Stop)).PeakBytes;

        output.WriteLine($"{peak >> 20} MB");
        Assert.InRange(peak, 0, 500L << 20);
    }

    private async Task<long> PeakAsync(string kind, int megabytes)
    {
        var request = Request(kind, Text(megabytes));
        request["out"] = sandbox.Folder("measured");
        return (await WorkerJob.RunAsync(Job, request, Stop)).PeakBytes;
    }

    /// <summary>A folder of JSON lines with about so much text: no line twice, but some pages much like others.</summary>
    private string Text(int megabytes)
    {
        var folder = Path.Combine(sandbox.Root, string.Create(CultureInfo.InvariantCulture, $"text-{megabytes}"));
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var made = Directory.CreateDirectory(folder + ".tmp").FullName;
        var random = new Random(3);
        string[] words = [.. Enumerable.Range(0, 5000).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => (string[])["ka", "the", "in", "or", "mes", "ed", "li", "sto"]).Select(parts => parts[random.Next(parts.Length)])))];
        var page = 0;
        for (var file = 0; file < 10; file++)
        {
            using var writer = new StreamWriter(Path.Combine(made, $"{file}.jsonl"));
            for (var bytes = 0; bytes < megabytes * 100_000; page++)
            {
                var text = new StringBuilder();
                for (var line = 0; line < 25; line++)
                {
                    text.Append(CultureInfo.InvariantCulture, $"This is what the {words[random.Next(words.Length)]} of the {words[random.Next(words.Length)]} says about the number {page} and then about {line} to the {words[random.Next(words.Length)]}.\n");
                }

                writer.WriteLine(new JsonObject { ["url"] = $"http://example.org/{page}", ["text"] = text.ToString() }.ToJsonString());
                bytes += text.Length;
            }
        }

        Directory.Move(made, folder);
        return folder;
    }
}
