using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Studies;

/// <summary>The work of making a published model again.</summary>
/// <param name="plan">The plan.</param>
/// <param name="jobs">Does its jobs.</param>
/// <param name="notes">What there is to know of the files of questions.</param>
internal sealed class CbqaWork(CbqaPlan plan, StudyJobs jobs, IReadOnlyList<string> notes) : IStudyWork
{
    private const string Imported = "checkpoint", Predictions = "predictions.jsonl";
    private const int Batch = 64;

    private readonly CbqaSettings _settings = plan.Cell.Settings;

    public Task RunAsync(StudyStage stage, CancellationToken cancellationToken) => stage.Kind switch
    {
        StageKind.Import => jobs.JobAsync(
            stage,
            CheckpointImportRequest.JobName,
            new CheckpointImportRequest { Folder = _settings.From!, Out = ImportedOf(stage), Vocabulary = _settings.Vocabulary },
            result: null,
            cancellationToken),
        StageKind.Spans => jobs.JobAsync(
            stage, CorpusSpansRequest.JobName, new CorpusSpansRequest { Corpus = _settings.Corpus!, Out = jobs.Folder.Of(stage) }, result: null, cancellationToken),
        StageKind.Evaluate => jobs.JobAsync(stage, EvaluateRequest.JobName, Evaluate(stage), result: null, cancellationToken),
        _ => throw new ArgumentException($"{stage.Name} is a run.", nameof(stage)),
    };

    public Task<RunSpec> SpecAsync(StudyStage stage, CancellationToken cancellationToken) => Task.FromResult(stage.Kind switch
    {
        StageKind.Pretrain => CbqaSpecs.Pretrain(_settings),
        StageKind.Continue => CbqaSpecs.Continue(_settings, stage.Find(StageKind.Spans) is { } spans ? jobs.Folder.Of(spans) : _settings.Spans!, Start(stage)),
        _ => CbqaSpecs.Finetune(_settings, Start(stage)),
    });

    public IStudyResult Result(StudyCell cell, IReadOnlyList<StudyStage> stages)
    {
        var answered = PredictionFile.Read(Path.Combine(jobs.Folder.Of(stages.Single(stage => stage.Kind == StageKind.Evaluate)), Predictions));
        string[] texts = [.. answered.Select(prediction => prediction.Text)];
        IReadOnlyList<string>[] targets = [.. answered.Select(prediction => prediction.Targets)];
        return new CbqaResult
        {
            Arm = cell.Arm,
            Model = cell.Model,
            Seed = cell.Seed,
            Salient = _settings.Salient,
            Scale = _settings.Scale,
            HeldOut = _settings.HeldOut,
            Parameters = plan.Parameters,
            Notes = notes,
            Questions = answered.Count,
            Metrics = new SortedDictionary<string, double>(plan.Scores.ToDictionary(metric => metric, metric => TextMetrics.Named(metric).Score(texts, targets)), StringComparer.Ordinal),
            Stages = jobs.Records(stages),
        };
    }

    private EvaluateRequest Evaluate(StudyStage stage)
    {
        var task = ClosedBookTask.Named(_settings.Dataset);
        return new EvaluateRequest
        {
            Checkpoint = jobs.Checkpoint(stage.Input(StageKind.Finetune)),
            Examples = _settings.Test,
            Dataset = task.Name,
            Template = task.Prefix + "{input}",
            Metrics = task.Metrics,
            Batch = Batch,
            Out = Path.Combine(jobs.Folder.Of(stage), Predictions),
        };
    }

    // The newest checkpoint before a stage: what has read salient spans, or what was pre-trained, here or elsewhere.
    private StudyStart Start(StudyStage stage) => stage switch
    {
        _ when (stage.Find(StageKind.Continue) ?? stage.Find(StageKind.Pretrain)) is { } run => jobs.Start(run),
        _ when stage.Find(StageKind.Import) is { } import => CbqaSpecs.StartOf(ImportedOf(import)),
        _ => CbqaSpecs.StartOf(_settings.From!),
    };

    private string ImportedOf(StudyStage stage) => Path.Combine(jobs.Folder.Of(stage), Imported);
}
