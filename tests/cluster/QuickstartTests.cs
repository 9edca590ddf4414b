using System.Text.Json;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>The quickstart as a person starts it, on text that the test makes, with the real coordinator and workers.</summary>
public sealed class QuickstartTests : IDisposable
{
    private static readonly string[] s_english =
    [
        "which should have been", "because there were", "through the other", "would always", "people think that", "before they could", "with their own", "although nothing",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-test-").FullName;
    private readonly CancellationToken _cancelled = TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task One_and_three_workers_a_kill_and_an_interrupt_all_give_the_same_weights()
    {
        var text = Text();
        var one = await CommandLine.RunAsync(_cancelled, [.. Quickstart("one", text), "--workers", "1"]);
        Assert.True(one.Code == 0, one.Error);
        var undisturbed = Finished(one.Lines);
        Assert.Equal("succeeded", undisturbed.GetProperty("state").GetString());
        Assert.True(Directory.Exists(undisturbed.GetProperty("checkpoint").GetString()));
        Assert.True(undisturbed.GetProperty("bigram_entropy").GetDouble() < undisturbed.GetProperty("unigram_entropy").GetDouble());
        Assert.Equal(40, one.Lines.Count(line => CommandLine.Event(line, "step") is not null));

        using var killed = CommandLine.Start([.. Quickstart("other", text), "--workers", "3"]);
        await killed.UntilAsync(line => StepOf(line) >= 5, _cancelled);
        var children = killed.Children();
        Assert.Equal(4, children.Count);
        CommandLine.Signal(killed.Id, "KILL");
        await killed.FinishAsync(_cancelled);
        Assert.True(SpinWait.SpinUntil(() => children.All(id => !IsAlive(id)), TimeSpan.FromSeconds(20)), "a child outlived its parent");

        using var interrupted = CommandLine.Start([.. Quickstart("other", text), "--workers", "2"]);
        await interrupted.UntilAsync(line => StepOf(line) >= 10, _cancelled);
        CommandLine.Signal(interrupted.Id, "INT");
        var (code, error) = await interrupted.FinishAsync(_cancelled);
        Assert.Equal(130, code);
        Assert.Contains("orchestrator resume", error, StringComparison.Ordinal);

        var resumed = await CommandLine.RunAsync(_cancelled, "resume", Path.Combine(_folder, "other"), "--json");
        Assert.True(resumed.Code == 0, resumed.Error);
        Assert.Equal(undisturbed.GetProperty("weights_digest").GetString(), Finished(resumed.Lines).GetProperty("weights_digest").GetString());
    }

    [Fact]
    public async Task Two_in_one_folder_is_one_sentence_and_exit_code_2()
    {
        var text = Text();
        using var first = CommandLine.Start(Quickstart("shared", text));
        await first.UntilAsync(line => CommandLine.Event(line, "stage") is not null, _cancelled);

        var (code, _, error) = await CommandLine.RunAsync(_cancelled, Quickstart("shared", text));

        Assert.Equal(2, code);
        Assert.Equal($"Another orchestrator is writing to {Path.Combine(_folder, "shared")}; wait until it has ended, or name another folder with --out.", error.TrimEnd());
    }

    // By default RecoveryTests look at another run at work.
    [Fact]
    [Trait("Length", "long")]
    public async Task Status_of_a_run_at_work_names_each_workers_rank_state_host_and_process()
    {
        using var run = CommandLine.Start([.. Quickstart("watched", Text()), "--workers", "2"]);
        await run.UntilAsync(line => StepOf(line) >= 2, _cancelled);
        var children = run.Children();

        var (code, lines, error) = await CommandLine.RunAsync(_cancelled, "status", "--json", "--out", Path.Combine(_folder, "watched"));

        Assert.True(code == 0, error);
        using var status = JsonDocument.Parse(lines[0]);
        var workers = status.RootElement.GetProperty("workers").EnumerateArray().ToList();
        Assert.Equal([0, 1], workers.Select(w => w.GetProperty("rank").GetInt32()).Order());
        Assert.All(workers, worker =>
        {
            Assert.Contains(worker.GetProperty("process_id").GetInt32(), children);
            Assert.Equal(Environment.MachineName, worker.GetProperty("host").GetString());
            Assert.NotEqual("", worker.GetProperty("state").GetString());
        });
    }

    private string[] Quickstart(string name, string text) => ["quickstart", "--json", "--steps", "40", "--text", text, "--out", Path.Combine(_folder, name)];

    // Words of syllables, the first of them far more often than the last: enough different ones for a vocabulary of 2,000 pieces. English
    // words between them, or no page would pass for English.
    private string Text()
    {
        var folder = Path.Combine(_folder, "text");
        Directory.CreateDirectory(folder);
        var state = 1u;
        for (var page = 0; page < 300; page++)
        {
            File.WriteAllLines(Path.Combine(folder, $"page{page:000}.txt"), Enumerable.Range(0, 20).Select(_ => Sentence()));
        }

        return folder;

        string Sentence() =>
            $"The {string.Join(' ', Enumerable.Range(0, 6).Select(_ => $"{Word((int)Math.Pow(30000, Next() / 65536.0))} {s_english[(int)Next() % s_english.Length]}"))} end.";

        static string Word(int rank)
        {
            var mixed = (uint)rank * 2654435761u;
            return string.Concat(Enumerable.Range(0, 2 + (rank % 3)).Select(k =>
            {
                var syllable = (mixed >> (8 * k)) % 85;
                return $"{"bcdfghjklmnpqrstv"[(int)syllable / 5]}{"aeiou"[(int)syllable % 5]}";
            }));
        }

        double Next()
        {
            state = (state * 1664525) + 1013904223;
            return state >> 16;
        }
    }

    private static long StepOf(string line) => CommandLine.Event(line, "step") is { } step ? step.GetProperty("step").GetInt64() : 0;

    private static JsonElement Finished(IReadOnlyList<string> lines)
    {
        var last = CommandLine.Event(lines[^1], "finished");
        Assert.NotNull(last);
        return last.Value;
    }

    private static bool IsAlive(int processId) =>
        File.Exists($"/proc/{processId}/stat") && !File.ReadAllText($"/proc/{processId}/stat").Split(") ")[^1].StartsWith('Z');
}
