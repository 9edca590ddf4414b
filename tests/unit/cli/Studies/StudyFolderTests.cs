using System.Net;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Studies;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Cli.Studies;

public sealed class StudyFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_spec_of_a_run_lies_beside_what_it_writes_and_stands_in_the_report()
    {
        var study = StudyFolder.At(_folder.Path);
        var stage = new StudyStage(StageKind.Pretrain, new string('a', 64), new Cell(), 1, []);
        var spec = new RunSpec { Name = "kept" };
        study.Write(stage, spec);
        Assert.Equal(SpecWriter.Write(spec), File.ReadAllText(Path.Combine(_folder.Path, "stages", stage.Name, "run.yaml")));

        var record = new StageRecord { Kind = StageKind.Pretrain, Digest = stage.Digest, Seconds = 1 };
        var result = new FactCellResult
        {
            Study = "study",
            Arm = "none",
            Model = "model",
            Seed = 1,
            Salient = SalientForm.None,
            Parameters = 1_000,
            World = new WorldSettings(),
            Questions = 1,
            Exact = 1,
            Named = 1,
            F1 = 1,
            Relations = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["person.employer"] = 1 },
            Stages = [record, record with { Kind = StageKind.Finetune, Digest = new string('b', 64) }],
        };
        StudyFolder.WriteWhole(study.Result(stage.Cell), result.ToJson());

        StudyReportCommand.Write(study, study.Report);

        var page = File.ReadAllText(Path.Combine(study.Report, StudyReportCommand.PageFile));
        Assert.Equal(2, page.Split("<details>").Length);
        Assert.Contains("spec of pretrain <code title=\"aaaa", page, StringComparison.Ordinal);
        Assert.Contains($"<pre>{WebUtility.HtmlEncode(SpecWriter.Write(spec))}</pre>", page, StringComparison.Ordinal);
        Assert.Null(study.Spec(result.Stages[1]));
    }

    private sealed record Cell() : StudyCell("none", "model", 1);
}
