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

    internal static CbqaResult Result(string dataset, string size, bool salient)
    {
        var task = ClosedBookTask.Named(dataset);
        return new CbqaResult
        {
            Arm = dataset,
            Model = size,
            Seed = 1,
            Salient = salient,
            Scale = 1,
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
