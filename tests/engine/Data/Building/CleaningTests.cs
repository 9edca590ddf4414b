using System.IO.Compression;
using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

/// <summary>Rules that look at more than one page, and what a cleaning tells and leaves.</summary>
public sealed class CleaningTests : IDisposable
{
    private const string German = "Die Bibliothek öffnet am Morgen ihre Türen für alle Leser.\nViele Bücher stehen seit Jahren im gleichen Regal.\nNiemand weiß, wer sie dort hingestellt hat.";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_page_line_and_word_is_kept_or_charged_to_one_rule()
    {
        Write("a.jsonl", Page("http://a.org/1", 0, 30), Page("http://a.org/2", 20, 30), Page("http://www.a.org/1/", 50, 10), ("http://a.org/3", German), ("http://a.org/4", "{ }\nNo."));
        File.WriteAllText(_folder["b.jsonl"], "{\"text\":\n");

        var report = Clean(new()).Report;

        Assert.Equal((6, 2), (report.PagesIn, report.PagesKept));
        Assert.Equal((report.PagesKept, report.LinesKept, report.WordsKept), (report.Rows[^1].PagesOut, report.Rows[^1].LinesOut, report.Rows[^1].WordsOut));
        Assert.Equal((report.PagesIn, report.LinesIn, report.WordsIn), (report.Rows[0].PagesIn, report.Rows[0].LinesIn, report.Rows[0].WordsIn));
        Assert.All(report.Rows.Zip(report.Rows.Skip(1)), pair => Assert.Equal((pair.First.PagesOut, pair.First.LinesOut, pair.First.WordsOut), (pair.Second.PagesIn, pair.Second.LinesIn, pair.Second.WordsIn)));
        Assert.Equal(1, Dropped(report, CleaningRule.Damaged));
        Assert.Equal(1, Dropped(report, CleaningRule.DuplicateUrl));
        Assert.Equal(1, Dropped(report, CleaningRule.Language));
        Assert.Equal(10, Dropped(report, CleaningRule.DuplicateLine));
    }

    [Fact]
    public void A_URL_that_came_before_is_a_duplicate_even_where_its_first_page_was_dropped()
    {
        Write("a.jsonl", ("http://a.org/1", "Too short."), Page("http://a.org/1", 0, 10), Page("http://a.org/2", 10, 10), Page("http://a.org/3", 20, 10));
        var report = Clean(new()).Report;
        Assert.Equal((1, 1, 2), (Dropped(report, CleaningRule.DuplicateUrl), Dropped(report, CleaningRule.TooFewSentences), report.PagesKept));
        // What is dropped as a duplicate is charged to no other rule.
        Assert.Equal(10, report.Rows.Single(row => row.Rule == "duplicate_url").LinesIn - report.Rows.Single(row => row.Rule == "duplicate_url").LinesOut);
    }

    [Fact]
    public void Pages_that_are_not_English_are_kept_where_that_is_asked_for()
    {
        Write("a.jsonl", Page("http://a.org/1", 0, 10), Page("http://a.org/2", 10, 10), ("http://a.org/3", German));
        Assert.Equal(2, Clean(new()).Report.PagesKept);
        Assert.Equal(3, Clean(new() { SkipRules = ["language"] }).Report.PagesKept);
    }

    public static TheoryData<string> Rules => [.. CleaningRules.Optional.Select(CleaningRules.Name)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_rule_that_is_left_out_does_nothing(string rule)
    {
        File.WriteAllText(_folder["block.txt"], "forbidden");
        var like = SmallText.Lines.Skip(1000).Take(40).ToList();
        Write(
            "a.jsonl",
            Page("http://a.org/1", 0, 10),
            Page("http://a.org/1", 10, 10),
            ("http://a.org/long", string.Concat(Enumerable.Repeat("This line of fifty characters fills up the pages. ", 4000))),
            ("http://a.org/lines", $"{Page("", 20, 5).Text}\nThis has one {new string('x', 1001)} word in it.\nIt was finished in the year 1889.[3]\nThis line ends with no mark\nToo short.\n"
                + "Please enable JavaScript in your own browser.\nPlease read the terms of use of this site."),
            ("http://a.org/lorem", $"{Page("", 30, 5).Text}\nHere is lorem ipsum for all to read."),
            ("http://a.org/brace", $"{Page("", 40, 5).Text}\nThe set {{1, 2}} has just two elements."),
            ("http://a.org/block", $"{Page("", 50, 5).Text}\nThere is a forbidden word in it."),
            ("http://a.org/few", "This page has one single sentence only."),
            ("http://a.org/left", $"{Page("", 60, 2).Text}\nThis line is on the one page alone."),
            ("http://a.org/right", $"{Page("", 60, 2).Text}\nThis line is on the other page alone."),
            ("http://a.org/de", German),
            ("http://a.org/like", string.Join('\n', like)),
            ("http://a.org/alike", string.Join('\n', like)));
        var request = new CorpusBuildRequest { BlockList = _folder["block.txt"], NearDuplicates = true, SkipRules = rule == "near_duplicate" ? ["duplicate_line"] : [] };
        var found = CleaningRules.Optional.Single(one => CleaningRules.Name(one) == rule);
        Assert.NotEqual(0, Dropped(Clean(request).Report, found));

        var row = Clean(request with { SkipRules = [.. request.SkipRules, rule] }).Report.Rows.Single(row => row.Rule == rule);

        Assert.Equal((0, row.PagesIn, row.LinesIn, row.WordsIn, false), (row.Dropped, row.PagesOut, row.LinesOut, row.WordsOut, row.Applied));
    }

    [Fact]
    public void The_two_rules_about_sentences_are_left_out_one_without_the_other()
    {
        Write(
            "a.jsonl",
            Page("http://a.org/1", 0, 10),
            Page("http://a.org/2", 10, 10),
            ("http://a.org/few", "This page has one single sentence only."),
            ("http://a.org/left", $"{Page("", 60, 2).Text}\nThis line is on the one page alone."),
            ("http://a.org/right", $"{Page("", 60, 2).Text}\nThis line is on the other page alone."));

        var few = Clean(new() { SkipRules = ["too_few_sentences"] }).Report;
        var left = Clean(new() { SkipRules = ["too_few_sentences_left"] }).Report;

        Assert.Equal((0, 1, 4), (Dropped(few, CleaningRule.TooFewSentences), Dropped(few, CleaningRule.TooFewSentencesLeft), few.PagesKept));
        Assert.Equal((1, 0, 4), (Dropped(left, CleaningRule.TooFewSentences), Dropped(left, CleaningRule.TooFewSentencesLeft), left.PagesKept));
    }

    [Fact]
    public void What_is_empty_is_charged_to_no_rule_that_is_left_out_and_is_no_row_where_the_rules_take_it()
    {
        Write("a.jsonl", ("http://a.org/1", "one\n\n \ntwo"), ("http://a.org/2", "three"), ("http://a.org/3", "\n"));
        var none = Clean(new() { SkipRules = [.. CleaningRules.Optional.Select(CleaningRules.Name)] }).Report;

        Assert.Equal((2, 3), (none.PagesKept, none.LinesKept));
        Assert.Equal([("empty_line", 3L), ("empty_page", 1L)], none.Rows.Where(row => row.Dropped > 0).Select(row => (row.Rule, row.Dropped)));
        Assert.Equal((none.PagesKept, none.LinesKept, none.WordsKept), (none.Rows[^1].PagesOut, none.Rows[^1].LinesOut, none.Rows[^1].WordsOut));
        Write("b.jsonl", Page("http://b.org/1", 0, 10), Page("http://b.org/2", 10, 10));
        Assert.DoesNotContain(Clean(new()).Report.Rows, row => row.Rule.StartsWith("empty", StringComparison.Ordinal));
    }

    [Fact]
    public void A_page_of_which_no_share_must_be_English_may_be_German()
    {
        Write("a.jsonl", Page("http://a.org/1", 0, 10), ("http://a.org/3", German));
        var row = Clean(new() { EnglishShare = 0 }).Report.Rows.Single(row => row.Rule == "language");
        Assert.Equal((0, false), (row.Dropped, row.Applied));
    }

    [Fact]
    public void A_page_much_like_an_earlier_one_is_dropped_on_request()
    {
        var lines = SmallText.Lines.Skip(100).Take(40).ToList();
        var changed = lines.Select((line, i) => i == 7 ? "This single line was written anew in the second copy." : line.Replace("number", "Number", StringComparison.Ordinal));
        Write("a.jsonl", ("http://a.org/1", string.Join('\n', lines)), ("http://a.org/2", string.Join('\n', changed)), Page("http://a.org/3", 500, 40), Page("http://a.org/4", 900, 40));
        var rules = new CorpusBuildRequest { SkipRules = ["duplicate_line"], Examples = 1 };

        Assert.Equal(4, Clean(rules).Report.PagesKept);
        var report = Clean(rules with { NearDuplicates = true }).Report;
        Assert.Equal((3, 1), (report.PagesKept, Dropped(report, CleaningRule.NearDuplicate)));
        Assert.Equal("http://a.org/2", Assert.Single(report.Rows[^1].Examples!).Page);
    }

    [Fact]
    public void Examples_of_each_rule_are_kept_on_request_and_no_more_than_asked_for()
    {
        Write("a.jsonl", Page("http://a.org/1", 0, 10), Page("http://a.org/2", 10, 10), ("http://a.org/3", string.Concat(Enumerable.Range(0, 9).Select(i => $"Menu item {i}\n"))));
        var report = Clean(new() { Examples = 2 }).Report;
        Assert.Equal([new RuleExample("http://a.org/3", "Menu item 0"), new RuleExample("http://a.org/3", "Menu item 1")], report.Rows.Single(row => row.Rule == "no_end_mark").Examples!);
        Assert.All(Clean(new()).Report.Rows, row => Assert.Null(row.Examples));
    }

    [Fact]
    public void Cleaned_text_is_written_as_C4_is_and_cleans_to_itself()
    {
        Write("a.jsonl", [.. Enumerable.Range(0, 60).Select(i => Page($"http://a.org/{i}", i * 20, 20))]);
        var first = Clean(new() { SkipRules = ["duplicate_line"] });
        var (url, text, time) = Records(first.Folder).OrderBy(record => record.Url, StringComparer.Ordinal).First();
        Assert.Equal(("http://a.org/0", string.Join('\n', SmallText.Lines.Take(20)), "2019-04-25T12:57:54Z"), (url, text, time));
        Assert.Contains("c4-validation.00000.json.gz", first.Result.Manifest.Files.Select(file => file.Name));

        var again = Clean(new() { SkipRules = ["duplicate_line"], Inputs = [first.Folder + "/c4-*.json.gz"] });

        Assert.Equal(Records(first.Folder).Order(), Records(again.Folder).Order());
        Assert.True(CorpusBuilder.Clean(first.Request, _ => { }, CancellationToken.None).Skipped);
    }

    [Fact]
    public void Parts_cleaned_apart_join_to_the_bytes_of_one_build()
    {
        for (var i = 0; i < 7; i++)
        {
            var number = i;
            Write($"file-{i}.jsonl", [.. Enumerable.Range(0, 20 + (i * 3)).Select(k => Page($"http://a.org/{number}/{k}", (number * 300) + (k * 15), 20))]);
        }

        var request = new CorpusBuildRequest { Inputs = [_folder["*.jsonl"]], Training = new VocabularyOptions { Pieces = 300 }, Examples = 3 };
        CorpusBuilder.Build(request with { Out = _folder["one"] }, _ => { }, CancellationToken.None);
        foreach (var parts in new[] { 1, 3, 20 })
        {
            var folder = _folder[$"parts-{parts}"];
            Parallel.For(0, parts, part => CorpusBuilder.CleanPart(request with { Out = folder, Part = part, Parts = parts }, _ => { }, CancellationToken.None));
            CorpusBuilder.Build(BuildParts.Request(folder) with { Out = folder }, _ => { }, CancellationToken.None);
            Assert.Equal(Contents(_folder["one"]), Contents(folder));

            // Started again, as after a lost answer, there is nothing to do.
            Assert.True(CorpusBuilder.Build(BuildParts.Request(folder) with { Out = folder }, _ => { }, CancellationToken.None).Skipped);
            Assert.False(Directory.Exists(Path.Combine(folder, ".building")));
        }
    }

    [Fact]
    public void A_part_that_is_missing_is_named_and_parts_of_another_build_are_refused()
    {
        Write("a.jsonl", Page("http://a.org/1", 0, 10), Page("http://a.org/2", 10, 10));
        Write("b.jsonl", Page("http://a.org/3", 20, 10), Page("http://a.org/4", 30, 10));
        var request = new CorpusBuildRequest { Inputs = [_folder["*.jsonl"]], Out = _folder["out"], CleanOnly = true, Parts = 2 };
        Assert.Contains("holds no parts", Refused(() => BuildParts.Request(_folder["out"])), StringComparison.Ordinal);
        CorpusBuilder.CleanPart(request with { Part = 0 }, _ => { }, CancellationToken.None);
        Assert.Contains("part 1/2 is not complete", Refused(() => CorpusBuilder.Clean(BuildParts.Request(_folder["out"]), _ => { }, CancellationToken.None)), StringComparison.Ordinal);
        Assert.Contains("other inputs or options", Refused(() => CorpusBuilder.CleanPart(request with { Part = 1, SkipRules = ["brace"] }, _ => { }, CancellationToken.None)), StringComparison.Ordinal);
        CorpusBuilder.CleanPart(request with { Part = 1 }, _ => { }, CancellationToken.None);
        Assert.Equal(4, CorpusBuilder.Clean(BuildParts.Request(_folder["out"]), _ => { }, CancellationToken.None).Report.PagesKept);
    }

    private static string Refused(Action action) => Assert.Throws<BadInputException>(action).Message;

    private static long Dropped(CorpusReport report, CleaningRule rule) => report.Rows.Single(row => row.Rule == CleaningRules.Name(rule)).Dropped;

    private static (string Url, string Text) Page(string url, int first, int count) => (url, string.Join('\n', SmallText.Lines.Skip(first).Take(count)));

    private static List<(string Url, string Text, string Time)> Records(string folder)
    {
        var records = new List<(string, string, string)>();
        foreach (var file in Directory.EnumerateFiles(folder, "c4-*.json.gz"))
        {
            using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            while (reader.ReadLine() is { } line)
            {
                using var record = JsonDocument.Parse(line);
                string Field(string name) => record.RootElement.GetProperty(name).GetString()!;
                records.Add((Field("url"), Field("text"), Field("timestamp")));
            }
        }

        return records;
    }

    private static SortedDictionary<string, string> Contents(string folder) => new(
        Directory.EnumerateFiles(folder).Where(path => Path.GetFileName(path) is not ("build.json" or "parts.json"))
            .ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexString(File.ReadAllBytes(path)), StringComparer.Ordinal),
        StringComparer.Ordinal);

    private void Write(string name, params (string Url, string Text)[] pages) => File.WriteAllLines(
        _folder[name], pages.Select(page => JsonSerializer.Serialize(new { text = page.Text, timestamp = "2019-04-25T12:57:54Z", url = page.Url })));

    private (CleanResult Result, CorpusReport Report, string Folder, CorpusBuildRequest Request) Clean(CorpusBuildRequest request)
    {
        var folder = _folder[$"clean-{Directory.EnumerateDirectories(_folder.Path).Count()}"];
        request = request with { Inputs = request.Inputs.Count > 0 ? request.Inputs : [_folder["*.jsonl"]], Out = folder, CleanOnly = true };
        var result = CorpusBuilder.Clean(request, _ => { }, CancellationToken.None);
        return (result, result.Report, folder, request);
    }
}
