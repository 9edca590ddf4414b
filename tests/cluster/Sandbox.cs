using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Xunit;

[assembly: AssemblyFixture(typeof(Orchestrator.Tests.Cluster.Sandbox))]

namespace Orchestrator.Tests.Cluster;

/// <summary>A temporary folder with a small corpus, made once for all tests, and the programs under test.</summary>
public sealed class Sandbox : IAsyncLifetime
{
    private static readonly string[] s_subjects = ["The engineer", "A careful reader", "Our old neighbour", "The second worker", "Her brother", "The night train", "A small company", "The committee"];
    private static readonly string[] s_verbs = ["describes", "repairs", "remembers", "carries", "answers", "measures", "collects", "explains"];
    private static readonly string[] s_objects = ["the broken bridge", "every letter", "a list of names", "the last question", "the river in spring", "two heavy boxes", "an unfinished map", "the price of bread"];
    private static readonly string[] s_ends = ["before the morning comes", "without any help", "in the quiet library", "for the third time", "while the others sleep", "because nobody else would"];

    /// <summary>Steps of the shortest run that several tests look at, see <see cref="TrainedAsync"/>.</summary>
    public const int FewSteps = 30;

    private readonly ConcurrentDictionary<string, Lazy<Task>> _once = new(StringComparer.Ordinal);

    /// <summary>The folder.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("orchestrator-cluster-").FullName;

    /// <summary>The corpus.</summary>
    public string Corpus => Path.Combine(Root, "corpus");

    /// <summary>Where orchestrator, orchestrator-coordinator and orchestrator-worker lie.</summary>
    public static string Programs => Environment.GetEnvironmentVariable("ORCHESTRATOR_BIN")
        ?? throw new InvalidOperationException("ORCHESTRATOR_BIN must name the folder of the programs under test; ./build.sh test sets it.");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var text = Directory.CreateDirectory(Path.Combine(Root, "text"));
        for (var page = 0; page < 120; page++)
        {
            File.WriteAllText(Path.Combine(text.FullName, string.Create(CultureInfo.InvariantCulture, $"page-{page:000}.txt")), Page(page));
        }

        var built = await Cli.RunAsync(this, "corpus", "build", "--input", text.FullName, "--out", Corpus, "--pieces", "200", "--validation-one-in", "8");
        Assert.True(built.ExitCode == 0, built.All);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Directory.Delete(Root, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>The result of some work that several tests need and one does.</summary>
    public Task<T> Once<T>(string name, Func<Task<T>> work) => (Task<T>)_once.GetOrAdd(name, _ => new Lazy<Task>(work)).Value;

    /// <summary>A run of <see cref="Spec"/> on two workers that nothing disturbed, trained once for all tests: they only read its folder.</summary>
    /// <param name="steps">Steps of the run.</param>
    public Task<(string Folder, Outcome Outcome)> TrainedAsync(int steps) => Once(string.Create(CultureInfo.InvariantCulture, $"trained {steps}"), async () =>
    {
        var folder = Folder("trained");
        var run = await Cli.RunAsync(this, "train", Spec(steps), "--workers", "2", "--out", folder, "--json");
        Assert.True(run.ExitCode == 0, run.All);
        return (folder, run);
    });

    /// <summary>The tensor files of <see cref="TrainedAsync"/>, by name.</summary>
    /// <param name="steps">Steps of the run.</param>
    public async Task<SortedDictionary<string, string>> UndisturbedAsync(int steps) => TensorFiles((await TrainedAsync(steps)).Folder, steps);

    /// <summary>A new folder's path.</summary>
    public string Folder(string name) => Path.Combine(Root, name + "-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));

    /// <summary>Writes a spec of a tiny model; four microbatches a step.</summary>
    /// <param name="steps">Steps of the run.</param>
    /// <param name="change">Changes the YAML.</param>
    public string Spec(long steps, Func<string, string>? change = null)
    {
        var yaml = $"""
            name: tiny
            seed: 7
            model: {"{"} d_model: 32, d_ff: 64, d_kv: 8, heads: 4, encoder_layers: 2, decoder_layers: 1, feed_forward: gated-gelu, dropout: 0.1 {"}"}
            data: {"{"} corpus: {Corpus}, input_length: 32 {"}"}
            schedule: {"{"} base: 1.0, warmup_steps: 100 {"}"}
            batch: {"{"} microbatches: 4, microbatch: 4, steps: {steps} {"}"}
            workers: {"{"} min: 1, max: 4, threads: 1 {"}"}
            checkpoint: {"{"} every: 10, keep: 3 {"}"}
            evaluation: {"{"} every: 0, microbatches: 4 {"}"}
            """;
        var path = Folder("spec") + ".yaml";
        File.WriteAllText(path, change is null ? yaml : change(yaml));
        return path;
    }

    /// <summary>A folder with the programs, of which a test may change some: the worker's are copies, the others links.</summary>
    public string CopyOfPrograms()
    {
        var copy = Directory.CreateDirectory(Folder("programs")).FullName;
        foreach (var file in Directory.GetFiles(Programs))
        {
            var target = Path.Combine(copy, Path.GetFileName(file));
            if (Path.GetFileName(file).StartsWith("orchestrator-worker", StringComparison.Ordinal))
            {
                File.Copy(file, target);
            }
            else
            {
                File.CreateSymbolicLink(target, file);
            }
        }

        return copy;
    }

    /// <summary>Every file below a folder with the SHA-256 of its content, or null where there is no folder.</summary>
    public static IReadOnlyList<string>? Tree(string folder) => Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => $"{Path.GetRelativePath(folder, file)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}")
            .Order(StringComparer.Ordinal)]
        : null;

    /// <summary>SHA-256 of every tensor file of a run's checkpoint, by name.</summary>
    public static SortedDictionary<string, string> TensorFiles(string run, long step)
    {
        var folder = Path.Combine(run, "checkpoints", string.Create(CultureInfo.InvariantCulture, $"step-{step:00000000}"));
        return new SortedDictionary<string, string>(
            Directory.GetFiles(folder, "*.safetensors").ToDictionary(file => Path.GetFileName(file), file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))),
            StringComparer.Ordinal);
    }

    // Sentences that differ from page to page, so that few lines are duplicates.
    private static string Page(int page)
    {
        var text = new StringBuilder();
        for (var line = 0; line < 25; line++)
        {
            var n = (page * 25) + line;
            text.Append(CultureInfo.InvariantCulture, $"{Pick(s_subjects, n)} {Pick(s_verbs, n / 3)} {Pick(s_objects, n / 7)} {Pick(s_ends, n / 11)}, ");
            text.Append(CultureInfo.InvariantCulture, $"and {Pick(s_subjects, n / 5).ToLowerInvariant()} {Pick(s_verbs, n / 2)} {Pick(s_objects, n / 13)} number {n}.\n");
        }

        return text.ToString();
    }

    private static string Pick(string[] words, int n) => words[(int)((uint)(n * 2654435761L >> 7) % (uint)words.Length)];
}
