using System.Text.Json;
using Orchestrator.Cli.Jobs;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Studies;

/// <summary>The stages of a study that are no runs: processes of their own with one compute thread each.</summary>
/// <param name="folder">The study's folder.</param>
/// <param name="display">Told how far each is.</param>
internal sealed class StudyJobs(StudyFolder folder, IStudyDisplay display)
{
    private const string ResultFile = "result.json";

    /// <summary>Does a stage.</summary>
    /// <exception cref="JobFailedException">Its process failed.</exception>
    public async Task RunAsync(StudyStage stage, CancellationToken cancellationToken)
    {
        display.Show(stage, new StageProgress(StageState.Running));
        switch (stage.Kind)
        {
            case StageKind.Generate:
                await Task.Run(() => Generate(stage, cancellationToken), cancellationToken);
                break;
            case StageKind.Corpus:
                await JobAsync(stage, CorpusBuildRequest.JobName, Corpus(stage), result: null, cancellationToken);
                break;
            case StageKind.Measure:
                Write(stage, await JobAsync(stage, BiosMeasureRequest.JobName, Measure(stage), result: "finished", cancellationToken));
                break;
            case StageKind.PositionProbe or StageKind.QuestionProbe:
                Write(stage, await JobAsync(stage, BiosProbeRequest.JobName, Probe(stage), result: "probe", cancellationToken));
                break;
            default:
                throw new ArgumentException($"{stage.Name} is a run.", nameof(stage));
        }
    }

    /// <summary>The result of a cell whose stages have all ended.</summary>
    /// <param name="plan">The study.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="stages">Its stages.</param>
    public CellResult Result(StudyPlan plan, StudyCell cell, IReadOnlyList<StudyStage> stages)
    {
        var measures = Read<BioMeasures>(stages.Single(stage => stage.Kind == StageKind.Measure));
        return new CellResult
        {
            Study = plan.Name,
            MemoryGate = plan.MemoryGate,
            Arm = cell.Arm,
            Model = cell.Model,
            Seed = cell.Seed,
            Variant = BioVariant.Parse(cell.Settings.Variant).ToString(),
            People = cell.Settings.Population.People,
            Celebrities = cell.Settings.Population.Celebrities,
            QaShare = cell.Settings.Pretrain.QaShare,
            Memory = measures.Memory ?? throw new InvalidDataException("The measures lack the memory."),
            Extraction = measures.Extraction ?? throw new InvalidDataException("The measures lack the extraction."),
            Majority = measures.Majority,
            Capacity = measures.Capacity,
            PositionProbe = stages.FirstOrDefault(stage => stage.Kind == StageKind.PositionProbe) is { } position ? Read<BioProbeResult>(position) : null,
            QuestionProbe = stages.FirstOrDefault(stage => stage.Kind == StageKind.QuestionProbe) is { } question ? Read<BioProbeResult>(question) : null,
            Stages = [.. stages.Select(stage => folder.Record(stage) ?? throw new InvalidDataException($"The stage {stage.Name} has not ended."))],
        };
    }

    /// <summary>The folder of the checkpoint that a stage ended with.</summary>
    public string Checkpoint(StudyStage run) => Path.Combine(
        folder.Root, folder.Record(run)?.Checkpoint ?? throw new InvalidDataException($"The stage {run.Name} has no checkpoint."));

    /// <summary>Counts the questions of a run that reads them beside biographies.</summary>
    /// <exception cref="JobFailedException">Its process failed.</exception>
    public async Task<QuestionCount> CountAsync(StudyStage stage, RunSpec asked, CancellationToken cancellationToken)
    {
        var request = new RunCheckRequest { Spec = SpecWriter.Write(asked), CountTokens = true };
        var outcome = await JobAsync(stage, RunCheckRequest.JobName, request, "finished", cancellationToken);
        return JsonSerializer.Deserialize<QuestionCount>(outcome!, JobProcess.Json) ?? throw new InvalidDataException("The count is empty.");
    }

    private void Generate(StudyStage stage, CancellationToken cancellationToken)
    {
        var settings = stage.Cell.Settings;
        var dataset = new BioDataset(settings.Population.Draw(stage.Cell.Seed), BioVariant.Parse(settings.Variant), settings.Population.Templates);
        dataset.Write(folder.Of(stage), done => display.Show(stage, new StageProgress(StageState.Running, done, dataset.Biographies)), cancellationToken);
    }

    // Every biography is to be learned as it stands: no rule of cleaning applies, and none is held out.
    private CorpusBuildRequest Corpus(StudyStage stage)
    {
        var bios = folder.Of(stage.Input(StageKind.Generate));
        var vocabulary = stage.Cell.Settings.Vocabulary;
        return new CorpusBuildRequest
        {
            Inputs = [Path.Combine(bios, BioFiles.Biographies)],
            Out = folder.Of(stage),
            Vocabulary = vocabulary.File.Length > 0 ? vocabulary.File : vocabulary.Kind == PieceKind.Words ? Path.Combine(bios, BioFiles.Vocabulary) : null,
            Training = vocabulary.Training ?? new VocabularyOptions(),
            ValidationOneIn = 0,
            SkipRules = [.. CleaningRules.All.Where(rule => rule != CleaningRule.Damaged).Select(CleaningRules.Name)],
            Threads = 1,
        };
    }

    private BiosMeasureRequest Measure(StudyStage stage)
    {
        var pretrained = Checkpoint(stage.Input(StageKind.Pretrain));
        return new BiosMeasureRequest
        {
            Bios = folder.Of(stage.Input(StageKind.Generate)),
            Pretrained = pretrained,
            Finetuned = stage.Find(StageKind.Finetune) is { } finetune ? Checkpoint(finetune) : pretrained,
        };
    }

    private BiosProbeRequest Probe(StudyStage stage)
    {
        var settings = stage.Cell.Settings.Probes;
        return new BiosProbeRequest
        {
            Checkpoint = Checkpoint(stage.Input(StageKind.Pretrain)),
            Data = folder.Of(stage.Input(StageKind.Generate)),
            Kind = stage.Kind == StageKind.PositionProbe ? BioProbeKind.Position : BioProbeKind.Question,
            Steps = settings.Steps,
            Batch = settings.Batch,
            Rank = settings.Rank,
            LearningRate = settings.LearningRate,
            WeightDecay = settings.WeightDecay,
            Seed = stage.Cell.Seed,
        };
    }

    private void Write(StudyStage stage, string? outcome) => StudyFolder.WriteWhole(Path.Combine(folder.Of(stage), ResultFile), outcome!);

    // The event that is asked for, which is there if one is.
    private async Task<string?> JobAsync(StudyStage stage, string name, object request, string? result, CancellationToken cancellationToken)
    {
        string? outcome = null;
        await JobProcess.RunAsync(name, request, threads: 1, folder.Log(stage), Take, cancellationToken);
        return outcome is null && result is not null ? throw new JobFailedException($"The job {name} ended without a result; its log is {folder.Log(stage)}.") : outcome;

        void Take(JsonElement happened)
        {
            var kind = happened.GetProperty("event").GetString();
            if (kind == "progress")
            {
                var total = happened.TryGetProperty("total", out var known) && known.ValueKind == JsonValueKind.Number ? known.GetInt64() : 0;
                display.Show(stage, new StageProgress(StageState.Running, happened.GetProperty("done").GetInt64(), total));
            }
            else if (kind == result)
            {
                outcome = happened.GetRawText();
            }
        }
    }

    private T Read<T>(StudyStage stage)
    {
        var path = Path.Combine(folder.Of(stage), ResultFile);
        return JsonSerializer.Deserialize<T>(File.ReadAllText(path), JobProcess.Json) ?? throw new InvalidDataException($"{path} is empty.");
    }
}
