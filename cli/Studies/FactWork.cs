using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Facts;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Studies;

/// <summary>The work of a study of facts.</summary>
/// <param name="plan">The study.</param>
/// <param name="jobs">Does its jobs.</param>
internal sealed class FactWork(FactPlan plan, StudyJobs jobs) : IStudyWork
{
    private const string Predictions = "predictions.jsonl";

    public Task RunAsync(StudyStage stage, CancellationToken cancellationToken)
    {
        var settings = ((FactCell)stage.Cell).Settings;
        return stage.Kind switch
        {
            StageKind.Generate => jobs.HereAsync(
                stage,
                _ => new FactDataset(new FactWorld(settings.World.Seed, settings.World.People, settings.World.Places), settings.World.Tellings).Write(jobs.Folder.Of(stage), cancellationToken),
                cancellationToken),
            StageKind.Corpus => jobs.JobAsync(
                stage,
                CorpusBuildRequest.JobName,
                jobs.Whole(stage, Facts(stage, FactFiles.Articles), settings.Vocabulary, Facts(stage, FactFiles.Vocabulary)),
                result: null,
                cancellationToken),
            StageKind.Spans => jobs.JobAsync(
                stage, CorpusSpansRequest.JobName, new CorpusSpansRequest { Corpus = Corpus(stage), Out = jobs.Folder.Of(stage) }, result: null, cancellationToken),
            StageKind.Evaluate => jobs.JobAsync(stage, EvaluateRequest.JobName, Evaluate(stage, settings), result: null, cancellationToken),
            _ => throw new ArgumentException($"{stage.Name} is a run.", nameof(stage)),
        };
    }

    public Task<RunSpec> SpecAsync(StudyStage stage, CancellationToken cancellationToken)
    {
        var cell = (FactCell)stage.Cell;
        return Task.FromResult(stage.Kind switch
        {
            StageKind.Pretrain => FactStudySpecs.Pretrain(cell, Corpus(stage)),
            StageKind.Continue => FactStudySpecs.Continue(
                cell, Corpus(stage), stage.Find(StageKind.Spans) is { } spans ? jobs.Folder.Of(spans) : null, jobs.Start(stage.Input(StageKind.Pretrain))),
            _ => FactStudySpecs.Finetune(
                cell, jobs.Folder.Of(stage.Input(StageKind.Generate)), Corpus(stage), jobs.Start(stage.Find(StageKind.Continue) ?? stage.Input(StageKind.Pretrain))),
        });
    }

    public IStudyResult Result(StudyCell cell, IReadOnlyList<StudyStage> stages)
    {
        var settings = ((FactCell)cell).Settings;
        var asked = stages.Single(stage => stage.Kind == StageKind.Evaluate);
        var scores = FactScores.Of(Facts(asked, FactFiles.TestQuestions), Path.Combine(jobs.Folder.Of(asked), Predictions));
        var corpus = jobs.Folder.Of(stages.Single(stage => stage.Kind == StageKind.Corpus));
        return new FactCellResult
        {
            Study = plan.Name,
            Arm = cell.Arm,
            Model = cell.Model,
            Seed = cell.Seed,
            Salient = settings.Salient,
            Parameters = ResolvedModel.From(settings.Model, CorpusManifest.Load(corpus).Vocabulary.Size).ParameterCount,
            World = settings.World,
            Questions = scores.Questions,
            Exact = scores.Exact,
            Named = scores.Named,
            F1 = scores.F1,
            Relations = scores.Relations,
            Stages = jobs.Records(stages),
        };
    }

    private EvaluateRequest Evaluate(StudyStage stage, FactStudySettings settings) => new()
    {
        Checkpoint = jobs.Checkpoint(stage.Input(StageKind.Finetune)),
        Examples = Facts(stage, FactFiles.TestQuestions),
        Metrics = ["squad", "f1"],
        Generation = new GenerationOptions { MaxTokens = settings.Finetune.TargetLength },
        Limit = settings.Evaluate.Limit,
        Batch = settings.Evaluate.Batch,
        MaxInputTokens = settings.Finetune.InputLength,
        Out = Path.Combine(jobs.Folder.Of(stage), Predictions),
    };

    private string Corpus(StudyStage stage) => jobs.Folder.Of(stage.Input(StageKind.Corpus));

    private string Facts(StudyStage stage, string file) => Path.Combine(jobs.Folder.Of(stage.Input(StageKind.Generate)), file);
}
