using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class CorpusBuilderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CorpusBuilderTests()
    {
        Directory.CreateDirectory(_folder["text"]);
        for (var page = 0; page < 60; page++)
        {
            var lines = SmallText.Lines.Skip(page * 40).Take(40);
            File.WriteAllText(
                _folder[$"text/page-{page:D3}.html"],
                $"<html><head><title>{page}</title></head><body><nav>Home</nav><h1>Page</h1>{string.Concat(lines.Select(line => $"<p>{line}</p>"))}<p>This line is on every page of the text.</p></body></html>");
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_bytes_do_not_depend_on_the_number_of_threads_or_the_memory()
    {
        Build(Request("one") with { Threads = 1 });
        Build(Request("two") with { Threads = 2 });
        Build(Request("five") with { Threads = 5, MemoryMegabytes = 1 });

        Assert.Equal(Contents("one"), Contents("two"));
        Assert.Equal(Contents("one"), Contents("five"));
    }

    [Fact]
    public void A_corpus_opens_and_holds_the_cleaned_text()
    {
        var result = Build(Request("corpus"));
        using var corpus = Corpus.Open(_folder["corpus"]);

        Assert.Equal(60, corpus.Train.DocumentCount + corpus.Validation.DocumentCount);
        Assert.InRange(corpus.Validation.DocumentCount, 1, 10);
        Assert.Equal((result.Report.Tokens, corpus.Train.TokenCount + corpus.Validation.TokenCount), (result.Report.Rows[^1].TokensOut, result.Report.Tokens));
        Assert.All(result.Report.Rows, row => Assert.InRange(row.TokensOut!.Value, result.Report.Tokens, row.TokensIn!.Value));
        Assert.Equal(59, Row(result, "duplicate_line"));
        Assert.Equal(60, Row(result, "no_end_mark"));
        var decoded = corpus.Tokenizer.Decode(corpus.Train.Document(0));
        Assert.StartsWith(SmallText.Lines[0], decoded, StringComparison.Ordinal);
        Assert.DoesNotContain("Home", decoded, StringComparison.Ordinal);
        Assert.InRange(corpus.Baselines.BigramEntropy, 0.5, corpus.Baselines.UnigramEntropy - 0.5);
        Assert.Equal(result.Report.LinesKept, Enumerable.Range(0, 60).Sum(_ => 40L) + 1 - (Row(result, "duplicate_line") - 59));
        Assert.Empty(CorpusVerifier.Verify(_folder["corpus"], _ => { }, CancellationToken.None));
    }

    [Fact]
    public void The_same_request_again_does_nothing()
    {
        Build(Request("corpus"));
        var before = Directory.GetLastWriteTimeUtc(_folder["corpus/manifest.json"]);

        var again = Build(Request("corpus"));

        Assert.True(again.Skipped);
        Assert.Equal(before, Directory.GetLastWriteTimeUtc(_folder["corpus/manifest.json"]));
        Assert.Equal(60, again.Report.PagesIn);
    }

    [Fact]
    public void Another_corpus_is_replaced_only_where_that_is_asked_for()
    {
        Build(Request("corpus"));
        var other = Request("corpus") with { ValidationOneIn = 5 };
        Assert.Contains("--overwrite", Assert.Throws<BadInputException>(() => Build(other)).Message, StringComparison.Ordinal);

        Build(other with { Overwrite = true });
        Build(Request("fresh") with { ValidationOneIn = 5 });

        Assert.Equal(Contents("fresh"), Contents("corpus"));
    }

    [Theory]
    [InlineData("clean")]
    [InlineData("deduplicate")]
    [InlineData("vocabulary")]
    [InlineData("tokenise")]
    [InlineData("baselines")]
    public void A_build_that_is_stopped_leaves_no_corpus_and_ends_with_the_same_bytes_when_taken_up(string stage)
    {
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => CorpusBuilder.Build(
            Request("corpus"),
            progress =>
            {
                if (progress.Stage == stage)
                {
                    stop.Cancel();
                }
            },
            stop.Token));
        Assert.Contains("no corpus", Assert.Throws<BadInputException>(() => Corpus.Open(_folder["corpus"])).Message, StringComparison.Ordinal);

        Build(Request("corpus"));
        Build(Request("fresh"));
        Assert.Equal(Contents("fresh"), Contents("corpus"));
    }

    [Fact]
    public void What_a_stopped_build_cleaned_is_not_cleaned_again()
    {
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => CorpusBuilder.Build(
            Request("corpus"),
            progress =>
            {
                if (progress.Stage == "vocabulary")
                {
                    stop.Cancel();
                }
            },
            stop.Token));

        var reports = new List<BuildProgress>();
        CorpusBuilder.Build(Request("corpus"), reports.Add, CancellationToken.None);

        Assert.Single(reports, report => report.Stage == "clean");
    }

    [Fact]
    public void A_given_vocabulary_is_used_as_it_is()
    {
        File.WriteAllBytes(_folder["given.model"], SmallText.Vocabulary);
        var result = Build(Request("corpus") with { Vocabulary = _folder["given.model"] });
        Assert.Equal(300, result.Manifest.Vocabulary.Pieces);
        Assert.Equal(SmallText.Vocabulary, File.ReadAllBytes(_folder["corpus/spiece.model"]));
    }

    [Fact]
    public void Another_vocabulary_in_the_folder_is_noticed()
    {
        Build(Request("corpus"));
        var model = VocabularyTrainer.Train(SmallText.Lines, new VocabularyOptions { Pieces = 310 });
        File.WriteAllBytes(_folder["corpus/spiece.model"], model);
        Assert.Contains("spiece.model", Assert.Throws<BadInputException>(() => Corpus.Open(_folder["corpus"])).Message, StringComparison.Ordinal);

        // Of the same size, so that only its digest tells.
        Build(Request("second") with { Training = new VocabularyOptions { Pieces = 300, Seed = 2 } });
        var altered = File.ReadAllBytes(_folder["second/spiece.model"]);
        altered[^1] ^= 1;
        File.WriteAllBytes(_folder["second/spiece.model"], altered);
        Assert.Throws<BadInputException>(() => Corpus.Open(_folder["second"]));
    }

    [Fact]
    public void A_changed_byte_is_found()
    {
        Build(Request("corpus"));
        var bytes = File.ReadAllBytes(_folder["corpus/train-00000.bin"]);
        bytes[100] ^= 1;
        File.WriteAllBytes(_folder["corpus/train-00000.bin"], bytes);

        var fault = Assert.Single(CorpusVerifier.Verify(_folder["corpus"], _ => { }, CancellationToken.None));

        var block = new ByteRange(0, bytes.Length);
        Assert.Equal(("train-00000.bin", $"its SHA-256 is not the manifest's, first in bytes 0 to {block.Last}"), (fault.File, fault.Fault));
        Assert.Equal([block], fault.Blocks);
    }

    [Fact]
    public void Shards_end_where_they_are_full()
    {
        var result = Build(Request("corpus") with { ShardTokens = 5000 });
        Assert.InRange(result.Manifest.Train.Shards.Count, 5, 100);
        using var whole = Corpus.Open(Built("whole"));
        using var sharded = Corpus.Open(_folder["corpus"]);
        var (a, b) = (new int[whole.Train.TokenCount], new int[sharded.Train.TokenCount]);
        whole.Train.ReadAt(0, a);
        sharded.Train.ReadAt(0, b);
        Assert.Equal(a, b);
    }

    [Fact]
    public void Two_builds_into_one_folder_are_refused()
    {
        Exception? refused = null;
        CorpusBuilder.Build(
            Request("corpus"),
            progress => refused ??= progress.Stage == "vocabulary" ? Record.Exception(() => Build(Request("corpus"))) : null,
            CancellationToken.None);
        Assert.Contains("another build", Assert.IsType<BadInputException>(refused).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_of_which_nothing_is_left_is_refused_with_the_reason()
    {
        Directory.CreateDirectory(_folder["bad"]);
        File.WriteAllText(_folder["bad/a.html"], "<p>Just a title</p>");
        var error = Assert.Throws<BadInputException>(() => Build(Request("corpus") with { Inputs = [_folder["bad"]] }));
        Assert.Contains("0 of 1 pages are left", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["corpus/manifest.json"]));
    }

    [Fact]
    public void Strict_stops_at_a_damaged_record_and_says_where()
    {
        File.WriteAllText(_folder["text/z.jsonl"], "{\"text\":\n");
        Assert.Equal(1, Row(Build(Request("lenient")), "damaged"));
        Assert.Contains("z.jsonl, line 1", Assert.Throws<BadInputException>(() => Build(Request("strict") with { Strict = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inputs_without_a_readable_record_are_refused_with_the_place_of_the_first()
    {
        File.WriteAllText(_folder["other.jsonl"], "{\"prefix\":\"a\"}\n{\"prefix\":\"b\"}\n");

        var message = Assert.Throws<BadInputException>(() => Build(Request("corpus") with { Inputs = [_folder["other.jsonl"]] })).Message;

        Assert.Contains("2 pages were dropped: could not be read; the first is ", message, StringComparison.Ordinal);
        Assert.Contains("other.jsonl, line 1", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_whose_URL_came_before_is_dropped_and_its_lines_count_for_nothing()
    {
        static string Record(string url, params string[] lines) =>
            System.Text.Json.JsonSerializer.Serialize(new { url, text = string.Join('\n', lines) });
        var lines = SmallText.Lines;
        File.WriteAllLines(_folder["text/web.jsonl"],
        [
            Record("http://www.example.org/a/", lines[2500], lines[2501], lines[2502]),
            Record("https://example.org/a?utm_source=x", lines[2510], lines[2511], lines[2512]),
            Record("https://example.org/b", lines[2510], lines[2511], lines[2512]),
        ]);

        var result = Build(Request("corpus"));

        Assert.Equal(1, Row(result, "duplicate_url"));
        Assert.Equal(62, result.Report.PagesKept);
        Assert.Equal(63, Build(Request("all") with { SkipRules = ["duplicate_url", "duplicate_line"] }).Report.PagesKept);
    }

    [Fact]
    public void A_build_that_is_killed_before_its_manifest_is_in_place_is_not_taken_for_anothers()
    {
        // The manifest cannot be written: as far as a build that is killed at this point comes.
        Directory.CreateDirectory(_folder["killed/manifest.json.tmp"]);
        Assert.ThrowsAny<Exception>(() => Build(Request("killed")));
        Assert.True(File.Exists(_folder["killed/build.json"]));
        Assert.False(File.Exists(_folder["killed/manifest.json"]));

        Directory.Delete(_folder["killed/manifest.json.tmp"]);
        Assert.False(Build(Request("killed")).Skipped);
        Assert.Equal(Contents(Path.GetFileName(Built("whole"))), Contents("killed"));
    }

    [Fact]
    public void What_is_written_is_not_read_as_input()
    {
        Built("corpus");
        Directory.CreateDirectory(_folder["text/out"]);
        File.WriteAllText(_folder["text/out/notes.txt"], "These are the notes of somebody.");

        Build(Request("text/out") with { CleanOnly = false });

        Assert.Equal(Contents("corpus"), Contents("text/out").Where(file => file.Key != "notes.txt"));
        Assert.True(Build(Request("text/out")).Skipped);
        Assert.Contains("is in the folder that --out names", Refused(Request("text")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_named()
    {
        File.CreateSymbolicLink(_folder["text/link.txt"], "nowhere.txt");
        Assert.Equal($"input: '{_folder["text/link.txt"]}' is a link to 'nowhere.txt', which does not exist; repair or remove it.", Refused(Request("corpus")));
    }

    [Fact]
    public void An_output_that_cannot_be_a_folder_is_named()
    {
        File.WriteAllText(_folder["file"], "");
        Assert.Equal($"out: '{_folder["file"]}' is a file; name a folder with --out.", Refused(Request("file")));
        Assert.StartsWith($"out: the folder '{_folder["file/below"]}' cannot be made (", Refused(Request("file/below")), StringComparison.Ordinal);
    }

    [Fact]
    public void Real_C4_records_build()
    {
        var result = Build(Request("c4") with
        {
            Inputs = [TestFiles.SharedData("c4")],
            Vocabulary = TestFiles.SharedData("t5/spiece.model"),
            ValidationOneIn = 5,
        });
        Assert.Equal(1480, Row(result, "damaged"));
        Assert.InRange(result.Report.PagesKept, 25, 40);
        Assert.Equal(32000, result.Manifest.Vocabulary.Pieces);
    }

    private static long Row(CorpusBuildResult result, string rule) => result.Report.Rows.Single(row => row.Rule == rule).Dropped;

    private static CorpusBuildResult Build(CorpusBuildRequest request) => CorpusBuilder.Build(request, _ => { }, CancellationToken.None);

    private static string Refused(CorpusBuildRequest request) => Assert.Throws<BadInputException>(() => Build(request)).Message;

    private string Built(string name)
    {
        Build(Request(name));
        return _folder[name];
    }

    private CorpusBuildRequest Request(string name) => new()
    {
        Inputs = [_folder["text"]],
        Out = _folder[name],
        Training = new VocabularyOptions { Pieces = 300 },
        Threads = 2,
    };

    /// <summary>Every file of a corpus but the note of where its inputs were.</summary>
    private SortedDictionary<string, string> Contents(string name) => new(
        Directory.EnumerateFileSystemEntries(_folder[name]).Where(path => Path.GetFileName(path) != "build.json")
            .ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))), StringComparer.Ordinal),
        StringComparer.Ordinal);
}
