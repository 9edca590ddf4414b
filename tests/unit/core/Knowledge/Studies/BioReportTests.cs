using System.Text.RegularExpressions;
using System.Xml.Linq;
using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Knowledge.Studies.Reports;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Studies;

public sealed class BioReportTests
{
    private static readonly IReadOnlyList<BioCellResult> s_cells =
    [
        Cell("single", 1, memory: 100, answers: 6), Cell("single", 2, memory: 99.5, answers: 4), Cell("single", 3, memory: 60, answers: 77),
        Cell("multi5+permute", 1, memory: 99.9, answers: 97), Cell("multi5+permute", 2, memory: 99.9, answers: 95),
        Cell("permute1", 1, memory: 33.6, answers: 50),
        Cell("permute5", 1, memory: 99.2, answers: 26),
    ];

    [Fact]
    public void Seeds_under_the_memory_gate_are_left_out_and_an_arm_without_others_is_named_and_hatched()
    {
        var report = new BioReport(s_cells);

        Assert.Equal(["permute1"], report.UnderTrained);
        Assert.Contains(report.Lines(), line => line.StartsWith("single ", StringComparison.Ordinal) && line.Contains("answers 5.0 ± 1.4", StringComparison.Ordinal));
        Assert.Contains("Under-trained, and so no result: permute1", report.Files()["index.html"], StringComparison.Ordinal);
        var figure = report.Files()["figure-3.svg"];
        Assert.Contains("under-trained: memory 33.6 %", figure, StringComparison.Ordinal);
        Assert.Single(Regex.Matches(figure[..figure.IndexOf("By attribute", StringComparison.Ordinal)], "class=\"untrained\""));
    }

    [Fact]
    public void The_rank_correlation_is_taken_over_the_arms_that_are_results()
    {
        var report = new BioReport(s_cells);

        Assert.Equal(3, report.Compared);
        Assert.Equal(1.0, report.Correlation);
    }

    [Fact]
    public void The_rank_correlation_has_each_variant_once_and_no_arm_that_figure_3_is_not_about()
    {
        var mixed = Cell("single", 1, memory: 100, answers: 99) with { Arm = "single-mixed", QaShare = 0.8 };
        var famous = Cell("permute1", 1, memory: 100, answers: 1) with { Arm = "celebrity", Celebrities = 500 };
        var repeated = Cell("permute5", 1, memory: 100, answers: 4) with { Arm = "permute5-again" };

        var report = new BioReport([.. s_cells, mixed, famous, repeated]);

        // The two of permute5 are 15 on average, still between single and multi5+permute.
        Assert.Equal((3, 1.0), (report.Compared, report.Correlation));
        Assert.Contains(report.Lines(), line => line.EndsWith("1.00 over 3 variants.", StringComparison.Ordinal));
    }

    [Fact]
    public void The_published_columns_are_the_papers_of_the_same_kind_of_arm()
    {
        var mixed = Cell("single", 1, memory: 100, answers: 80) with { Arm = "mixed", QaShare = 0.8 };
        var famous = Cell("permute1", 1, memory: 100, answers: 80) with { Arm = "celebrity", Celebrities = 500 };

        var lines = new BioReport([s_cells[0], mixed, famous]).Files()["results.csv"].TrimEnd('\n').Split('\n').Select(line => line.Split(',')).ToList();

        string Of(string arm, string column) => lines.Single(line => line[0] == arm)[Array.IndexOf(lines[0], column)];
        Assert.Equal(("5.5", "9.7", "33.5"), (Of("single", "published_mean_of_five"), Of("single", "published_mean"), Of("single", "published_birth_date")));
        Assert.Equal(("", "86.6", ""), (Of("mixed", "published_mean_of_five"), Of("mixed", "published_mean"), Of("mixed", "published_birth_date")));
        Assert.Equal(("", "86.8", ""), (Of("celebrity", "published_mean_of_five"), Of("celebrity", "published_mean"), Of("celebrity", "published_birth_date")));
    }

    [Fact]
    public void An_arm_of_mixed_training_is_compared_with_the_papers_mixed_training()
    {
        var mixed = Cell("single", 1, memory: 100, answers: 80) with { Arm = "single-mixed", QaShare = 0.8 };

        var report = new BioReport([.. s_cells, mixed]);

        Assert.EndsWith("published 86.6", report.Lines().Single(line => line.StartsWith("single-mixed ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains(",0.8,", report.Files()["results.csv"].Split('\n').Single(line => line.StartsWith("single-mixed,", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_needs_nothing_from_elsewhere_and_every_drawing_is_xml_with_a_name()
    {
        var files = new BioReport(s_cells).Files();

        Assert.Equal(["capacity.svg", "figure-3.svg", "figure-4.svg", "figure-5.svg", "index.html", "memory.svg", "probes.csv", "results.csv"], files.Keys);
        Assert.DoesNotMatch("(src|href)=\"(?!https://arxiv.org/)|<script|@import|url\\((?!#)", files["index.html"]);
        foreach (var drawing in files.Where(file => file.Key.EndsWith(".svg", StringComparison.Ordinal)))
        {
            var root = XDocument.Parse(drawing.Value).Root!;
            Assert.Equal("img", root.Attribute("role")!.Value);
            Assert.NotEqual("", root.Attribute("aria-label")!.Value);
        }
    }

    [Fact]
    public void The_same_results_give_the_same_bytes() =>
        Assert.Equal(new BioReport(s_cells).Files(), new BioReport(s_cells).Files());

    [Fact]
    public void The_table_has_a_row_a_model_with_the_digests_of_its_runs()
    {
        var lines = new BioReport(s_cells).Files()["results.csv"].TrimEnd('\n').Split('\n');
        var head = lines[0].Split(',');

        Assert.Equal(s_cells.Count + 1, lines.Length);
        Assert.All(lines, line => Assert.Equal(head.Length, line.Split(',').Length));
        var row = lines[1].Split(',');
        Assert.Equal("c1", row[Array.IndexOf(head, "pretrain_spec_digest")]);
        Assert.Equal("d1", row[Array.IndexOf(head, "pretrain_weights_digest")]);
        Assert.Equal("no", row[Array.IndexOf(head, "under_trained")]);
    }

    [Fact]
    public void A_result_reads_back_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "result.json");
        File.WriteAllText(path, s_cells[0].ToJson());

        Assert.Equal(s_cells[0].ToJson(), BioCellResult.Read(path).ToJson());

        File.WriteAllText(path, "{}");
        Assert.Throws<BadInputException>(() => BioCellResult.Read(path));
    }

    [Fact]
    public void The_published_numbers_are_those_of_the_paper()
    {
        Assert.All(BioVariant.Published, variant => Assert.NotNull(PublishedResults.Of(variant.ToString())));
        var best = PublishedResults.Of("multi5+permute")!;
        Assert.Equal((96.6, 95.5, 100.0, 99.7), (best.Mean, best.Mixed, best.Answers[0], best.QuestionProbe[5]));
        Assert.Equal(5.5, PublishedResults.Of("single")!.MeanOfFive, 9);

        // The mean of each row is that of its attributes, to the rounding of the paper. Two of its rows are a mean of other decimals.
        Assert.All(BioVariant.Published.Select(variant => PublishedResults.Of(variant.ToString())!), row => Assert.InRange(row.Answers.Average() - row.Mean, -3, 3));
        Assert.Equal(86.8, PublishedResults.WithCelebrities("permute1"));
        Assert.Equal([1.5, 1.2, 1.3, 2.4, 99.5, null], PublishedResults.PositionProbe("single", BioAttribute.Employer)!);
    }

    [Theory]
    [InlineData(new[] { 1.0, 2, 3 }, new[] { 10.0, 20, 30 }, 1.0)]
    [InlineData(new[] { 1.0, 2, 3 }, new[] { 3.0, 2, 1 }, -1.0)]
    [InlineData(new[] { 106.0, 100, 86, 101, 99, 103, 97, 113, 112, 110 }, new[] { 7.0, 27, 2, 50, 28, 29, 20, 12, 6, 17 }, -0.17575757575)]
    [InlineData(new[] { 1.0, 2, 2, 3 }, new[] { 1.0, 2, 3, 4 }, 0.94868329805)]
    public void The_rank_correlation_is_spearmans(double[] left, double[] right, double expected) =>
        Assert.Equal(expected, RankCorrelation.Of([.. left.Zip(right)])!.Value, 9);

    [Fact]
    public void Of_one_arm_or_of_equal_ones_there_is_no_rank_correlation()
    {
        Assert.Null(RankCorrelation.Of([(1, 1)]));
        Assert.Null(RankCorrelation.Of([(1, 1), (1, 2)]));
    }

    private static BioCellResult Cell(string variant, int seed, double memory, double answers)
    {
        static SortedDictionary<string, double> All(double value) => new(BioAttributes.All.ToDictionary(attribute => attribute.Name(), _ => value), StringComparer.Ordinal);
        static IReadOnlyList<double?> Whole(double value) => [null, value, value, value, value, value];
        return new BioCellResult
        {
            Study = "study",
            MemoryGate = 99,
            Arm = variant,
            Model = "model",
            Seed = seed,
            Variant = variant,
            People = 500,
            Memory = new BioMemory(All(memory), All(memory), memory, memory, [memory, memory, memory, memory, memory, memory]),
            Extraction = BioExtraction.Of(All(answers), All(100)),
            Majority = new BioMajority(0, 3, 3, 3, 3, 3),
            Capacity = new BioCapacity(1000, 10_000, 0.1),
            PositionProbe = new BioProbeResult(BioProbeKind.Position, [.. Enumerable.Repeat(new double[] { 1, 2, 3, 4, 5, 6 }, 6)], [.. Enumerable.Repeat(Whole(2), 6)], 10, 10, 5),
            QuestionProbe = new BioProbeResult(BioProbeKind.Question, [[1, 2, 3, 4, 5, 6]], [Whole(3)], 10, 10, 5),
            Stages =
            [
                new StageRecord { Kind = StageKind.Generate, Digest = "a", Seconds = 1 },
                new StageRecord { Kind = StageKind.Pretrain, Digest = "b", Seconds = 2, Steps = 3, SpecDigest = $"c{seed}", WeightsDigest = $"d{seed}", Checkpoint = "x" },
            ],
        };
    }
}
