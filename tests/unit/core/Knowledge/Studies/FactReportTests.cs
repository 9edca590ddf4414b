using System.Xml.Linq;
using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Knowledge.Studies.Reports;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Studies;

public sealed class FactReportTests
{
    private static readonly IReadOnlyList<FactCellResult> s_cells =
    [
        Cell(SalientForm.Spans, "small", 100_000, 1, 30), Cell(SalientForm.Spans, "small", 100_000, 2, 40), Cell(SalientForm.None, "small", 100_000, 1, 20),
        Cell(SalientForm.None, "small", 100_000, 2, 24), Cell(SalientForm.None, "large", 400_000, 1, 50),
    ];

    [Fact]
    public void Sizes_stand_in_the_order_of_their_weights_with_mean_and_deviation_over_seeds() => Assert.Equal(
        ["none · small                 100 k    exact 22.0 ± 2.8    names and dates 22.0 ± 2.8    f1 22.0 ± 2.8", "spans · small                100 k    exact 35.0 ± 7.1    names and dates 35.0 ± 7.1    f1 35.0 ± 7.1", "none · large                 400 k    exact 50.0          names and dates 50.0          f1 50.0"],
        new FactReport(s_cells).Lines().Take(3));

    [Fact]
    public void The_gain_is_taken_between_arms_of_one_size_and_seed() =>
        Assert.Equal(13.0, Assert.IsType<double>(new FactReport(s_cells).Summary["gain"]), 9);

    [Fact]
    public void The_page_needs_nothing_from_elsewhere_and_every_drawing_is_xml_with_a_name()
    {
        var files = new FactReport(s_cells).Files();

        Assert.Equal(["index.html", "published.svg", "relations.svg", "results.csv", "sizes.svg"], files.Keys);
        Assert.DoesNotMatch("(src|href)=\"(?!https://arxiv.org/)|<script|@import|url\\((?!#)", files["index.html"]);
        foreach (var drawing in files.Where(file => file.Key.EndsWith(".svg", StringComparison.Ordinal)))
        {
            Assert.NotEqual("", XDocument.Parse(drawing.Value).Root!.Attribute("aria-label")!.Value);
        }
    }

    [Fact]
    public void The_table_has_a_row_a_model_with_the_digests_of_its_runs()
    {
        var lines = new FactReport(s_cells).Files()["results.csv"].TrimEnd('\n').Split('\n');
        var head = lines[0].Split(',');

        Assert.Equal(s_cells.Count + 1, lines.Length);
        Assert.All(lines, line => Assert.Equal(head.Length, line.Split(',').Length));
        Assert.Equal("c1", lines[1].Split(',')[Array.IndexOf(head, "pretrain_spec_digest")]);
    }

    [Fact]
    public void A_result_reads_back_as_it_was_written_and_is_known_for_one_of_facts()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "result.json");
        File.WriteAllText(path, s_cells[0].ToJson());

        Assert.Equal(s_cells[0].ToJson(), FactCellResult.Read(path).ToJson());
        Assert.IsType<FactReport>(StudyReports.Read([path]));
        Assert.Throws<BadInputException>(() => StudyReports.Read([]));
    }

    [Fact]
    public void The_published_numbers_are_those_of_the_paper()
    {
        Assert.Equal(10, PublishedClosedBook.All.Count);
        var best = PublishedClosedBook.All[^1];
        Assert.Equal(("T5.1.1-XXL", true, 35.2, 42.8, 51.9, 61.6), (best.Model, best.Salient, best.NaturalQuestions, best.WebQuestions, best.TriviaDevelopment, best.TriviaTest));
    }

    private static FactCellResult Cell(SalientForm salient, string size, long parameters, int seed, double exact) => new()
    {
        Study = "study",
        Arm = salient.ToString().ToLowerInvariant(),
        Model = size,
        Seed = seed,
        Salient = salient,
        Parameters = parameters,
        World = new WorldSettings(),
        Questions = 100,
        Exact = exact,
        Named = exact,
        F1 = exact,
        Relations = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["person.employer"] = exact, ["place.river"] = exact },
        Stages =
        [
            new StageRecord { Kind = StageKind.Generate, Digest = "a", Seconds = 1 },
            new StageRecord { Kind = StageKind.Pretrain, Digest = "b", Seconds = 2, Steps = 3, SpecDigest = $"c{seed}", WeightsDigest = $"d{seed}", Loss = 0.5, Checkpoint = "x" },
        ],
    };
}
