using System.Text.Json;
using Orchestrator.Cli.Jobs;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Studies;

/// <summary>The work of a study of biographies.</summary>
/// <param name="plan">The study.</param>
/// <param name="jobs">Does its jobs.</param>
internal sealed class BioWork(BioPlan plan, StudyJobs jobs) : IStudyWork
{
    public Task RunAsync(StudyStage stage, CancellationToken cancellationToken) => stage.Kind switch
    {
        StageKind.Generate => jobs.HereAsync(stage, report => Generate(stage, report, cancellationToken), cancellationToken),
        StageKind.Corpus => jobs.JobAsync(stage, CorpusBuildRequest.JobName, Corpus(stage), result: null, cancellationToken),
        StageKind.Measure => jobs.ResultAsync(stage, BiosMeasureRequest.JobName, Measure(stage), result: "finished", cancellationToken),
        StageKind.PositionProbe or StageKind.QuestionProbe => jobs.ResultAsync(stage, BiosProbeRequest.JobName, Probe(stage), result: "probe", cancellationToken),
        _ => throw new ArgumentException($"{stage.Name} is a run.", nameof(stage)),
    };

    public async Task<RunSpec> SpecAsync(StudyStage stage, CancellationToken cancellationToken)
    {
        var cell = (BioCell)stage.Cell;
        var corpus = jobs.Folder.Of(stage.Input(StageKind.Corpus));
        var files = new BioStudyFiles(jobs.Folder.Of(stage.Input(StageKind.Generate)), corpus, Path.Combine(corpus, BioFiles.Vocabulary));
        if (stage.Kind == StageKind.Pretrain)
        {
            var mixed = cell.Settings.Pretrain.QaShare is null ? null : MixedQuestions.Of(cell.Settings, await CountAsync(stage, BioStudySpecs.Asked(cell, files), cancellationToken));
            return BioStudySpecs.Pretrain(cell, files, BioStudySteps.Pretrain(cell.Settings, CorpusManifest.Load(corpus).Train, mixed), mixed);
        }

        var questions = File.ReadLines(Path.Combine(files.Bios, BioFiles.TrainQuestions)).LongCount();
        return BioStudySpecs.Finetune(cell, files, jobs.Start(stage.Input(StageKind.Pretrain)), BioStudySteps.Finetune(cell.Settings.Finetune, questions));
    }

    public IStudyResult Result(StudyCell cell, IReadOnlyList<StudyStage> stages)
    {
        var settings = ((BioCell)cell).Settings;
        var measures = jobs.Read<BioMeasures>(stages.Single(stage => stage.Kind == StageKind.Measure));
        return new BioCellResult
        {
            Study = plan.Name,
            MemoryGate = plan.MemoryGate,
            Arm = cell.Arm,
            Model = cell.Model,
            Seed = cell.Seed,
            Variant = BioVariant.Parse(settings.Variant).ToString(),
            People = settings.Population.People,
            Celebrities = settings.Population.Celebrities,
            QaShare = settings.Pretrain.QaShare,
            Memory = measures.Memory ?? throw new InvalidDataException("The measures lack the memory."),
            Extraction = measures.Extraction ?? throw new InvalidDataException("The measures lack the extraction."),
            Majority = measures.Majority,
            Capacity = measures.Capacity,
            PositionProbe = ProbeOf(StageKind.PositionProbe),
            QuestionProbe = ProbeOf(StageKind.QuestionProbe),
            Stages = jobs.Records(stages),
        };

        BioProbeResult? ProbeOf(StageKind kind) => stages.FirstOrDefault(stage => stage.Kind == kind) is { } probe ? jobs.Read<BioProbeResult>(probe) : null;
    }

    // The questions of a run that reads them beside biographies.
    private async Task<QuestionCount> CountAsync(StudyStage stage, RunSpec asked, CancellationToken cancellationToken)
    {
        var request = new RunCheckRequest { Spec = SpecWriter.Write(asked), CountTokens = true };
        var outcome = await jobs.JobAsync(stage, RunCheckRequest.JobName, request, "finished", cancellationToken);
        return JsonSerializer.Deserialize<QuestionCount>(outcome!, JobProcess.Json) ?? throw new InvalidDataException("The count is empty.");
    }

    private void Generate(StudyStage stage, Action<long, long> report, CancellationToken cancellationToken)
    {
        var settings = Settings(stage);
        var dataset = new BioDataset(settings.Population.Draw(stage.Cell.Seed), BioVariant.Parse(settings.Variant), settings.Population.Templates);
        dataset.Write(jobs.Folder.Of(stage), done => report(done, dataset.Biographies), cancellationToken);
    }

    private CorpusBuildRequest Corpus(StudyStage stage)
    {
        var bios = jobs.Folder.Of(stage.Input(StageKind.Generate));
        return jobs.Whole(stage, Path.Combine(bios, BioFiles.Biographies), Settings(stage).Vocabulary, Path.Combine(bios, BioFiles.Vocabulary));
    }

    private BiosMeasureRequest Measure(StudyStage stage)
    {
        var pretrained = jobs.Checkpoint(stage.Input(StageKind.Pretrain));
        return new BiosMeasureRequest
        {
            Bios = jobs.Folder.Of(stage.Input(StageKind.Generate)),
            Pretrained = pretrained,
            Finetuned = stage.Find(StageKind.Finetune) is { } finetune ? jobs.Checkpoint(finetune) : pretrained,
        };
    }

    private BiosProbeRequest Probe(StudyStage stage)
    {
        var settings = Settings(stage).Probes;
        return new BiosProbeRequest
        {
            Checkpoint = jobs.Checkpoint(stage.Input(StageKind.Pretrain)),
            Data = jobs.Folder.Of(stage.Input(StageKind.Generate)),
            Kind = stage.Kind == StageKind.PositionProbe ? BioProbeKind.Position : BioProbeKind.Question,
            Steps = settings.Steps,
            Batch = settings.Batch,
            Rank = settings.Rank,
            LearningRate = settings.LearningRate,
            WeightDecay = settings.WeightDecay,
            Seed = stage.Cell.Seed,
        };
    }

    private static BioStudySettings Settings(StudyStage stage) => ((BioCell)stage.Cell).Settings;
}
