using System.Text.Json;
using Orchestrator.Cli.Jobs;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Studies;

namespace Orchestrator.Cli.Studies;

/// <summary>Stages that are processes of their own with one compute thread each, and what stages leave for those after them.</summary>
/// <param name="folder">The study's folder.</param>
/// <param name="display">Told how far each is.</param>
internal sealed class StudyJobs(StudyFolder folder, IStudyDisplay display)
{
    private const string ResultFile = "result.json";

    /// <summary>The study's folder.</summary>
    public StudyFolder Folder => folder;

    /// <summary>Does a stage in this process.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="work">Its work, which may say how much of how much is done.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public Task HereAsync(StudyStage stage, Action<Action<long, long>> work, CancellationToken cancellationToken) =>
        Task.Run(() => work((done, total) => display.Show(stage, new StageProgress(StageState.Running, done, total))), cancellationToken);

    /// <summary>The request for the corpus of a file in which every word is to be learned: no rule of cleaning applies, and nothing is held out.</summary>
    /// <param name="stage">The stage whose folder it becomes.</param>
    /// <param name="texts">The file.</param>
    /// <param name="vocabulary">How text becomes tokens.</param>
    /// <param name="words">The vocabulary of whole words that comes with it.</param>
    public CorpusBuildRequest Whole(StudyStage stage, string texts, VocabularySettings vocabulary, string words) => new()
    {
        Inputs = [texts],
        Out = folder.Of(stage),
        Vocabulary = vocabulary.File.Length > 0 ? vocabulary.File : vocabulary.Kind == PieceKind.Words ? words : null,
        Training = vocabulary.Training ?? new VocabularyOptions(),
        ValidationOneIn = 0,
        SkipRules = [.. CleaningRules.Optional.Select(CleaningRules.Name)],
        Threads = 1,
    };

    /// <summary>The folder of the checkpoint that a stage ended with.</summary>
    public string Checkpoint(StudyStage run) => Path.Combine(
        folder.Root, folder.Record(run)?.Checkpoint ?? throw new InvalidDataException($"The stage {run.Name} has no checkpoint."));

    /// <summary>That checkpoint, for a run to start from.</summary>
    public StudyStart Start(StudyStage run)
    {
        var checkpoint = Checkpoint(run);
        return new StudyStart(checkpoint, CheckpointManifest.Parse(File.ReadAllBytes(Path.Combine(checkpoint, CheckpointManifest.FileName))).WeightsDigest);
    }

    /// <summary>What became of stages.</summary>
    public IReadOnlyList<StageRecord> Records(IEnumerable<StudyStage> stages) =>
        [.. stages.Select(stage => folder.Record(stage) ?? throw new InvalidDataException($"The stage {stage.Name} has not ended."))];

    /// <summary>What a stage's job told as its result.</summary>
    public T Read<T>(StudyStage stage)
    {
        var path = Path.Combine(folder.Of(stage), ResultFile);
        return JsonSerializer.Deserialize<T>(File.ReadAllText(path), JobProcess.Json) ?? throw new InvalidDataException($"{path} is empty.");
    }

    /// <summary>Does a stage as a job whose result is read afterwards, see <see cref="Read"/>.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="name">The job.</param>
    /// <param name="request">Its request.</param>
    /// <param name="result">The event that is its result.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="JobFailedException">Its process failed.</exception>
    public async Task ResultAsync(StudyStage stage, string name, object request, string result, CancellationToken cancellationToken)
    {
        var outcome = await JobAsync(stage, name, request, result, cancellationToken);
        StudyFolder.WriteWhole(Path.Combine(folder.Of(stage), ResultFile), outcome!);
    }

    /// <summary>Does a stage, or a part of one, as a job.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="name">The job.</param>
    /// <param name="request">Its request.</param>
    /// <param name="result">The event that is its result; null: it has none.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <returns>That event, which is there if one is asked for.</returns>
    /// <exception cref="JobFailedException">Its process failed.</exception>
    public async Task<string?> JobAsync(StudyStage stage, string name, object request, string? result, CancellationToken cancellationToken)
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
}
