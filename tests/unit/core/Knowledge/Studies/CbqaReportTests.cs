using System.Xml.Linq;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Knowledge.Studies.Reports;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Studies;

public sealed class CbqaReportTests
{
    // The paper's Table 1, the sizes' scores without salient spans and the largest's with them: NQ, WQ, TriviaQA's development half.
    public static TheoryData<string, bool, double, double, double> Published => new()
    {
        { "base", false, 25.9, 27.9, 23.8 },
        { "large", false, 28.5, 30.6, 28.7 },
        { "3b", false, 30.4, 33.6, 35.1 },
        { "11b", false, 32.6, 37.2, 42.3 },
        { "11b", true, 34.8, 40.8, 51.0 },
        { "v1_1-base", false, 25.7, 28.2, 24.2 },
        { "v1_1-large", false, 27.3, 29.5, 28.5 },
        { "v1_1-xl", false, 29.5, 32.4, 36.0 },
        { "v1_1-xxl", false, 32.8, 35.6, 42.9 },
        { "v1_1-xxl", true, 35.2, 42.8, 51.9 },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void Beside_each_size_stands_what_the_paper_has_for_the_questions_it_was_tested_on(string size, bool salient, double nq, double wq, double tqa)
    {
        foreach (var (dataset, score, questions) in new[] { ("nq", nq, "Natural Questions"), ("wq", wq, "WebQuestions"), ("tqa", tqa, "TriviaQA, dev") })
        {
            var report = new CbqaReport([Result(dataset, size, salient)]);

            Assert.EndsWith(FormattableString.Invariant($"  published {score:0.0} ({questions})"), Assert.Single(report.Lines()), StringComparison.Ordinal);
            Assert.Contains(FormattableString.Invariant($"<td>{score:0.0}</td>"), report.Files()["index.html"], StringComparison.Ordinal);
            Assert.Contains($"<td class=\"text\">{questions}</td>", report.Files()["index.html"], StringComparison.Ordinal);
            Assert.Equal(score, Row(report, 0)["published"]);
        }
    }

    [Fact]
    public void Results_with_and_without_salient_spans_of_two_scales_and_seeds_stand_in_one_report()
    {
        var report = new CbqaReport([Result("nq", "base", true), Result("nq", "base", false), Result("nq", "base", false) with { Scale = 0.01 }, Result("nq", "base", true) with { Seed = 2 }]);

        Assert.Equal(
            ["nq-base-seed1", "nq-base-ssm-seed1", "nq-base-ssm-seed2", "nq-base-x0.01-seed1"],
            Assert.IsAssignableFrom<IReadOnlyDictionary<string, SortedDictionary<string, double>>>(report.Summary["scores"]).Keys.Order(StringComparer.Ordinal));
    }

    public static TheoryData<double, double, int, string> Unlike => new()
    {
        { 0.01, 0, 3_610, "steps and batches times 0.01" },
        { 1, 0.1, 3_610, "a share of 0.1 held out in place of the published rows" },
        { 1, 0, 1_000, "1,000 questions in place of 3,610" },
        { 0.5, 0.1, 8_757, "steps and batches times 0.5; a share of 0.1 held out in place of the published rows; 8,757 questions in place of 3,610" },
    };

    [Theory]
    [MemberData(nameof(Unlike))]
    public void Where_questions_rows_or_scale_are_others_the_reason_stands_in_place_of_the_published_number(double scale, double heldOut, int questions, string reason)
    {
        var report = new CbqaReport([Result("nq", "base", false) with { Scale = scale, HeldOut = heldOut, Questions = questions, Notes = ["test.jsonl holds fewer <rows>."] }]);
        var page = report.Files()["index.html"];

        Assert.EndsWith($"  (not to hold beside the paper's: {reason})", Assert.Single(report.Lines()), StringComparison.Ordinal);
        Assert.Contains($"<td>12.50</td><td></td><td class=\"text why\">{reason}</td>", page, StringComparison.Ordinal);
        Assert.Contains("<p class=\"warn\">", page, StringComparison.Ordinal);
        Assert.Contains("<li>test.jsonl holds fewer &lt;rows&gt;.</li>", page, StringComparison.Ordinal);
        Assert.Equal("", Row(report, 0)["published"]);
        Assert.Contains(reason, report.Files()["results.csv"], StringComparison.Ordinal);
    }

    [Fact]
    public void The_scores_are_drawn_against_the_weights_among_the_papers_models()
    {
        var files = new CbqaReport([Result("nq", "base", false), Result("nq", "large", true), Result("wq", "tiny", true) with { Scale = 0.01 }]).Files();

        Assert.Equal(["index.html", "results.csv", "sizes.svg"], files.Keys);
        Assert.DoesNotMatch("(src|href)=\"(?!https://arxiv.org/)|<script|@import|url\\((?!#)", files["index.html"]);
        var hints = XDocument.Parse(files["sizes.svg"]).Descendants().Where(element => element.Name.LocalName == "title").Select(element => element.Value).ToList();
        Assert.Equal(20, hints.Count(hint => hint.StartsWith("the paper's T5", StringComparison.Ordinal)));
        Assert.Contains("the paper's T5.1.1 + salient spans, T5.1.1-XXL, 11.1 B weights: 35.2", hints);
        Assert.Contains("these models, base, 1 M weights: 12.5", hints);
        Assert.Contains("these models + salient spans, large, 1 M weights: 12.5", hints);
        Assert.Contains("these models + salient spans, not to hold beside the paper's, tiny, 1 M weights: 12.5", hints);
    }

    [Fact]
    public void The_table_has_the_digests_of_every_stage_and_the_page_the_spec_of_every_run_once()
    {
        CbqaResult[] results = [Result("nq", "base", false), Result("nq", "base", true) with { Seed = 2, Scale = 0.5 }];
        var report = new CbqaReport(results, stage => stage.Kind == StageKind.Finetune ? "name: <base>\n" : null);

        var row = Row(report, 0);
        Assert.Equal(("1a", "2bnq", "3c", "4d", "5e"), ((string)row["import_stage_digest"], (string)row["finetune_stage_digest"], (string)row["finetune_spec_digest"], (string)row["finetune_weights_digest"], (string)row["evaluate_stage_digest"]));
        Assert.Contains("<td>nq · base + salient spans · scale 0.5 · seed 2</td>", report.Files()["index.html"].Replace("&#183;", "·", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Single(report.Files()["index.html"].Split("<pre>name: &lt;base&gt;\n</pre></details>")[1..]);
    }

    [Fact]
    public void A_result_of_before_reads_without_weights_and_stands_in_the_table_alone()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "result.json");
        File.WriteAllText(path, (Result("nq", "base", false) with { Parameters = 0 }).ToJson().Replace("\"parameters\": 0,", "", StringComparison.Ordinal).Replace("\"held_out\": 0,", "", StringComparison.Ordinal));

        var read = CbqaResult.Read(path);

        Assert.Equal((0, 0.0, 0), (read.Parameters, read.HeldOut, read.Unlike.Count));
        Assert.DoesNotContain("these models, base", new CbqaReport([read]).Files()["index.html"], StringComparison.Ordinal);
        Assert.IsType<CbqaReport>(StudyReports.Read([path]));
    }

    private static CbqaResult Result(string dataset, string size, bool salient)
    {
        var task = ClosedBookTask.Named(dataset);
        return new CbqaResult
        {
            Arm = dataset,
            Model = size,
            Seed = 1,
            Salient = salient,
            Scale = 1,
            Parameters = 1_000_000,
            Questions = (int)task.Rows.Test,
            Metrics = new SortedDictionary<string, double>(task.Metrics.ToDictionary(metric => metric, _ => 12.5), StringComparer.Ordinal),
            Stages =
            [
                new StageRecord { Kind = StageKind.Import, Digest = "1a", Seconds = 1 },
                new StageRecord { Kind = StageKind.Finetune, Digest = $"2b{dataset}", Seconds = 2, Steps = 3, SpecDigest = "3c", WeightsDigest = "4d", Loss = 0.5, Checkpoint = "x" },
                new StageRecord { Kind = StageKind.Evaluate, Digest = "5e", Seconds = 3 },
            ],
        };
    }

    // The fields of a row of the table, numbers as numbers.
    private static Dictionary<string, object> Row(CbqaReport report, int row)
    {
        var lines = report.Files()["results.csv"].TrimEnd('\n').Split('\n');
        var fields = lines[row + 1].Split(',');
        return lines[0].Split(',').Zip(fields).DistinctBy(pair => pair.First).ToDictionary(pair => pair.First, pair => double.TryParse(pair.Second, System.Globalization.CultureInfo.InvariantCulture, out var number) ? (object)number : pair.Second);
    }
}
